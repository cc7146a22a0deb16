using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Engine;

/// <summary>What a mounted volume may use and how it behaves; nothing here is stored on media.</summary>
public sealed record VolumeOptions
{
    /// <summary>Nothing is written to the devices: for checking and inspecting.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Items that make no sense do not end the opening: a check names them, a repair mends them.</summary>
    internal bool PassesOverDamage { get; init; }

    /// <summary>
    /// A device that does not answer is done without, as long as one does: what lies on the others can be read. Only with <see cref="ReadOnly"/>.
    /// </summary>
    public bool WithoutMissing { get; init; }

    /// <summary>A journal that is damaged in its middle is believed up to there, and what was synced behind it given up: for repair.</summary>
    public bool DropsDamagedJournal { get; init; }

    /// <summary>When reading moves a file's access time.</summary>
    public AccessTimes AccessTimes { get; init; } = AccessTimes.Relatime;

    /// <summary>Written bytes that may wait in memory before writers wait, bytes; 1 MiB to 4 GiB.</summary>
    public long DirtyBytesMax { get; init; } = 64L << 20;

    /// <summary>Memory for reading ahead of programs that read piece by piece, bytes; 0 to 1 GiB. Below 1 MiB nothing is.</summary>
    public long ReadAheadBytesMax { get; init; } = 16L << 20;

    /// <summary>Dirty data and metadata older than this are made durable without being asked; 100 ms to 10 min.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Journal written since the last checkpoint that calls for the next one, bytes; 1 MiB to 1 GiB, and at most a sixteenth of the fast tier.
    /// </summary>
    public long JournalBytesMax { get; init; } = 64L << 20;

    /// <summary>How fast the mover may copy, bytes per second; 0 stops it, except for what cleaning needs.</summary>
    public long MoveBytesPerSecond { get; init; } = 200L << 20;

    /// <summary>How often the mover looks for work; 10 ms to 1 h.</summary>
    public TimeSpan MoveInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A foreground request this recent makes the mover wait; 0 to 1 min.</summary>
    public TimeSpan MoveQuietTime { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How fast a scrub may read, bytes per second; at least 1.</summary>
    public long ScrubBytesPerSecond { get; init; } = 32L << 20;

    /// <summary>How often everything is read to find damage, without being asked; 0 never, at most a year.</summary>
    public TimeSpan ScrubInterval { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// Share of a tier's zones that cleaning keeps free beyond the reserve, two at least; 0.01 to 0.9. More of them take longer bursts at full speed, but
    /// zones that are emptied early cost more copying: the time in which they would have died by themselves is lost.
    /// </summary>
    public double CleanBelowFreeFraction { get; init; } = 0.01;

    /// <summary>Share of the fast tier that promoted copies may fill, 0 to 0.9.</summary>
    public double PromotedFractionMax { get; init; } = 0.5;

    /// <summary>For tests: opening does not look whether items can be. The image fuzzer must find that out.</summary>
    internal bool TrustsItems { get; init; }

    /// <summary>Rules that come before all others: the first glob that matches a path decides its class.</summary>
    public IReadOnlyList<ClassRule> ClassRules { get; init; } = [];
}
