namespace ZoneTierFS.Engine.Placement;

/// <summary>
/// Bytes of one stream share zones; bytes of different streams do not, as long as the device has open zones enough. Streams gather what dies together,
/// so that zones empty by themselves instead of being cleaned.
/// </summary>
internal readonly record struct StreamKey
{
    /// <summary>Streams that files are written to; the mover's come after them.</summary>
    public const int UserStreams = 8;

    public const int Count = UserStreams + 3;

    private StreamKey(byte index) => StreamIndex = index;

    /// <summary>0 up to, not including, <see cref="Count"/>. Indexes below <see cref="UserStreams"/> are those of the file classes.</summary>
    public byte StreamIndex { get; }

    /// <summary>Clean copies of hot chunks on the fast tier: they can be dropped at any moment.</summary>
    public static StreamKey Promoted { get; } = new(UserStreams);

    /// <summary>What cleaning moves within a tier: bytes that outlived their neighbours once.</summary>
    public static StreamKey Survivors { get; } = new(UserStreams + 1);

    /// <summary>What demotion moves to the capacity tier: bytes that have gone cold.</summary>
    public static StreamKey Demoted { get; } = new(UserStreams + 2);

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
        StreamLifetime.Short, // promoted
        StreamLifetime.Survivor, // survivors
        StreamLifetime.Survivor, // demoted
    ];

    /// <summary>The stream of a file's class. A large download is written to that of its final class, so that nothing moves later.</summary>
    /// <param name="becomes">For scratch: the expected final class.</param>
    public static StreamKey ForFile(FileClass fileClass, long size, FileClass? becomes = null)
    {
        bool download = fileClass == FileClass.Scratch && PlacementPolicy.PrefersCapacityTier(fileClass, size, becomes);
        FileClass lasting = download && becomes is { } final ? final : fileClass;
        return (byte)lasting < UserStreams ? new StreamKey((byte)lasting) : new StreamKey((byte)FileClass.Other);
    }

    /// <summary>The index when only some streams can have a zone of their own: those of like lifetime are then joined.</summary>
    /// <param name="streams">How many there may be, at least 1.</param>
    public int Fold(int streams)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(streams, 1);
        return streams >= Count ? StreamIndex : Math.Min((int)Lifetime, streams - 1);
    }
}
