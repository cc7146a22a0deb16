namespace ZoneTierFS.Engine.Placement;

/// <summary>
/// Bytes of one stream share zones; bytes of different streams do not, as long as the device has open zones enough. Streams gather what dies together,
/// so that zones empty by themselves instead of being cleaned.
/// </summary>
internal readonly record struct StreamKey
{
    /// <summary>One stream for each file class.</summary>
    public const int Count = 8;

    private StreamKey(byte index) => StreamIndex = index;

    /// <summary>0 up to, not including, <see cref="Count"/>: the class.</summary>
    public byte StreamIndex { get; }

    public StreamLifetime Lifetime => s_lifetimes[StreamIndex];

    private static readonly StreamLifetime[] s_lifetimes =
    [
        StreamLifetime.Mixed, // other
        StreamLifetime.Long, // weights
        StreamLifetime.Long, // lora
        StreamLifetime.Short, // kv
        StreamLifetime.Long, // checkpoint
        StreamLifetime.Short, // optimizer
        StreamLifetime.Long, // dataset
        StreamLifetime.Short, // scratch
    ];

    /// <summary>The stream of a file's class. A large download is written to that of its final class, so that nothing moves later.</summary>
    /// <param name="becomes">For scratch: the expected final class.</param>
    public static StreamKey ForFile(FileClass fileClass, long size, FileClass? becomes = null)
    {
        bool download = fileClass == FileClass.Scratch && PlacementPolicy.PrefersCapacityTier(fileClass, size, becomes);
        FileClass lasting = download && becomes is { } final ? final : fileClass;
        return (byte)lasting < Count ? new StreamKey((byte)lasting) : new StreamKey((byte)FileClass.Other);
    }

    /// <summary>The index when only some streams can have a zone of their own: those of like lifetime are then joined.</summary>
    /// <param name="streams">How many there may be, at least 1.</param>
    public int Fold(int streams)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(streams, 1);
        return streams >= Count ? StreamIndex : Math.Min((int)Lifetime, streams - 1);
    }
}
