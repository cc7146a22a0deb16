using Microsoft.Extensions.Logging;

namespace ZoneTierFS.Simulation;

/// <summary>The log that the code under test writes: part of the trace, with its last warnings and errors kept for the message of a failure.</summary>
public sealed class WorldLog(SeededWorld world) : ILogger
{
    private const int KeptMax = 20;

    private readonly Queue<string> _kept = new();

    public IEnumerable<string> Kept => _kept;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning || world.Trace.IsWritten;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        world.DemandInside("the log");
        if (!IsEnabled(logLevel))
        {
            return;
        }

        string line = $"{logLevel}: {formatter(state, exception)}{(exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})")}";
        world.Trace.Write($"  log {line}");
        if (logLevel >= LogLevel.Warning)
        {
            _kept.Enqueue(line);
            if (_kept.Count > KeptMax)
            {
                _kept.Dequeue();
            }
        }
    }
}
