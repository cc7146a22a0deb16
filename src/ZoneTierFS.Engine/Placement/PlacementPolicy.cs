namespace ZoneTierFS.Engine.Placement;

/// <summary>Which tier new bytes of a file go to, by its class and size.</summary>
internal static class PlacementPolicy
{
    /// <summary>From this size on, bytes, checkpoints and downloads go to the capacity tier: smaller ones are no stream that suits it.</summary>
    public const long LargeFile = 64L << 20;

    /// <summary>
    /// True for what belongs on the cheap, slow-to-program tier: long-lived bytes that are written once, in one stream, and read many times.
    /// False for what is short-lived, small or overwritten.
    /// </summary>
    /// <param name="size">The file's size, bytes, as far as it is known by now.</param>
    /// <param name="becomes">For scratch: the class that the file is expected to have when it is complete.</param>
    public static bool PrefersCapacityTier(FileClass fileClass, long size, FileClass? becomes = null) => fileClass switch
    {
        // A download that is larger than the fast tier must not have to pass through it.
        FileClass.Scratch => size >= LargeFile && becomes is { } final && final != FileClass.Scratch && PrefersCapacityTier(final, size),
        FileClass.Weights or FileClass.Dataset => true,
        FileClass.Checkpoint => size >= LargeFile,
        _ => false,
    };
}
