using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Engine;

/// <summary>What a mounted volume may use and how it behaves; nothing here is stored on media.</summary>
public sealed record VolumeOptions
{
    /// <summary>Nothing is written to the devices: for checking and inspecting.</summary>
    public bool ReadOnly { get; init; }

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

    /// <summary>Share of a tier's zones that is kept free by cleaning, 0.01 to 0.9.</summary>
    public double CleanBelowFreeFraction { get; init; } = 0.25;

    /// <summary>Share of the fast tier that promoted copies may fill, 0 to 0.9.</summary>
    public double PromotedFractionMax { get; init; } = 0.5;

    /// <summary>For tests: opening does not look whether items can be. The image fuzzer must find that out.</summary>
    internal bool TrustsItems { get; init; }

    /// <summary>Rules that come before all others: the first glob that matches a path decides its class.</summary>
    public IReadOnlyList<ClassRule> ClassRules { get; init; } = [];
}
