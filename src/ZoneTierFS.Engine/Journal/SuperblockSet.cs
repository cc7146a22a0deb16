using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Engine.Journal;

/// <summary>The superblocks of a volume's devices, from which each checkpoint's are made.</summary>
internal sealed class SuperblockSet(IReadOnlyList<Superblock> newest)
{
    public Guid Uuid => newest[0].Uuid;

    public IReadOnlyList<Superblock> Newest => newest;

    public Superblock For(int device, ulong generation, ulong epoch, PageAddress root) => newest[device] with
    {
        Generation = generation,
        CheckpointRoot = new BlockAddress(0, root.Zone, root.Block),
        MountEpoch = epoch,
    };
}
