using System.Numerics;

namespace ZoneTierFS.Simulation;

/// <summary>How many crashes came in which phase.</summary>
public sealed class PhaseCounts : IEquatable<PhaseCounts>
{
    private readonly long[] _counts = new long[Enum.GetValues<CrashPhase>().Length];

    public long this[CrashPhase phase] => _counts[(int)phase];

    /// <param name="phases">One bit for each phase, at its number.</param>
    internal void Add(uint phases)
    {
        for (; phases != 0; phases &= phases - 1)
        {
            _counts[BitOperations.TrailingZeroCount(phases)]++;
        }
    }

    public void Add(PhaseCounts others)
    {
        ArgumentNullException.ThrowIfNull(others);
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += others._counts[i];
        }
    }

    public bool Equals(PhaseCounts? other) => other is not null && _counts.AsSpan().SequenceEqual(other._counts);

    public override bool Equals(object? obj) => Equals(obj as PhaseCounts);

    public override int GetHashCode() => _counts.Aggregate(0, HashCode.Combine);

    public override string ToString() => string.Join(", ", Enum.GetValues<CrashPhase>().Select(phase => $"{Name(phase)} {this[phase]}"));

    private static string Name(CrashPhase phase) => phase switch
    {
        CrashPhase.JournalCommit => "journal commit",
        CrashPhase.ZoneReset => "zone reset",
        CrashPhase.AfterCrash => "again after a crash",
        _ => phase.ToString().ToLowerInvariant(),
    };
}
