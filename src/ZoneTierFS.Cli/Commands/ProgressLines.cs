using System.Globalization;

namespace ZoneTierFS.Cli.Commands;

/// <summary>Progress for where nobody watches: a line for every tenth.</summary>
internal sealed class ProgressLines(TextWriter writer, string title) : IProgress<double>
{
    private readonly Lock _gate = new();
    private int _tenths;

    /// <param name="value">Share that is done, 0 to 1.</param>
    public void Report(double value)
    {
        lock (_gate)
        {
            var tenths = (int)Math.Floor(value * 10 + 1e-9);
            if (tenths <= _tenths)
                return;
            _tenths = tenths;
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{title}: {tenths * 10} %"));
        }
    }
}
