using System.Buffers.Binary;

namespace ZoneTierFS.Simulation;

/// <summary>
/// SplitMix64: the same numbers from the same seed on every machine and runtime. Independent streams come from <see cref="Fork"/>, so that drawing
/// more in one part of a simulation does not shift the choices of another.
/// </summary>
public sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong NextUInt64()
    {
        _state += 0x9E3779B97F4A7C15;
        return Mix(_state);
    }

    /// <summary>An integer of [0, exclusiveMax).</summary>
    public long Next(long exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusiveMax, 1);
        return (long)(NextUInt64() % (ulong)exclusiveMax);
    }

    /// <summary>An integer of [0, exclusiveMax).</summary>
    public int Next(int exclusiveMax) => (int)Next((long)exclusiveMax);

    /// <summary>An integer of [min, max], both included.</summary>
    public long Between(long min, long max) => min + Next(max - min + 1);

    /// <summary>An integer of [min, max], both included.</summary>
    public int Between(int min, int max) => (int)Between((long)min, max);

    /// <param name="probability">0 to 1.</param>
    public bool Chance(double probability) => (NextUInt64() >> 11) * (1.0 / (1UL << 53)) < probability;

    public T Pick<T>(IReadOnlyList<T> choices) => choices[Next(choices.Count)];

    public void Fill(Span<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, NextUInt64());
        }

        if (bytes.Length > 0)
        {
            Span<byte> last = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(last, NextUInt64());
            last[..bytes.Length].CopyTo(bytes);
        }
    }

    /// <summary>A stream of its own, given by this one's seed state and a name's number.</summary>
    public SeededRandom Fork(ulong stream) => new(Mix(_state ^ Mix(stream + 0x632BE59BD9B4E019)));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
