namespace ZoneTierFS.Simulation;

/// <summary>
/// All that happens in a world, in order, as a running hash and, where a writer is given, as text. Two runs of one seed must end with the same hash.
/// </summary>
public sealed class WorldTrace(TextWriter? writer)
{
    private const ulong Prime = 0x100000001B3;

    public ulong Hash { get; private set; } = 0xCBF29CE484222325;

    public bool IsWritten => writer is not null;

    public void Add(long value) => Hash = ((Hash ^ (ulong)value) * Prime) ^ (Hash >> 29);

    public void Add(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            Hash = (Hash ^ c) * Prime;
        }
    }

    /// <summary>Hashes the values of the message, and writes the message where it is wanted.</summary>
    public void Record([System.Runtime.CompilerServices.InterpolatedStringHandlerArgument("")] ref TraceMessage message)
    {
        if (writer is not null)
        {
            writer.WriteLine(message.ToText());
        }
    }

    /// <summary>Writes without hashing: for text that may name things of one run only.</summary>
    public void Write(string text) => writer?.WriteLine(text);
}
