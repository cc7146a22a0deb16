using ZoneTierFS.Engine.Format;

namespace ZoneTierFS.Engine.Journal;

/// <summary>The newest superblocks of a volume's devices, from which each checkpoint's are made; null for a device that is missing.</summary>
internal sealed class SuperblockSet(IReadOnlyList<Superblock?> newest)
{
    public Guid Uuid => newest.First(superblock => superblock is not null)!.Uuid;

    /// <summary>
    /// The one that counts. One that was written without the first device counts only while that is missing: what the device's own journal holds is worth more.
    /// </summary>
    public Superblock Newest => newest.Where(superblock => superblock is not null && (!superblock.WithoutFirst || newest[0] is null))
        .MaxBy(superblock => superblock!.Generation)!;

    /// <summary>The highest that any of them has, whether it counts or not.</summary>
    public ulong Generation => newest.Max(superblock => superblock?.Generation ?? 0);

    public bool IsMissing(int device) => newest[device] is null;

    public Superblock For(
        int device, ulong generation, ulong epoch, BlockAddress? firstRoot, BlockAddress? secondRoot, bool withoutFirst) => newest[device]! with
    {
        FormatVersion = Superblock.CurrentVersion,
        Generation = generation,
        CheckpointRoot = firstRoot,
        SecondRoot = secondRoot,
        WithoutFirst = withoutFirst,
        MountEpoch = epoch,
    };
}
