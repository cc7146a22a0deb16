using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Engine.Journal;

/// <summary>
/// One of the two copies of all checkpointed metadata: which pages lie where on its device, in zones of its own. Each copy is whole by itself, from its root
/// on, so that a damaged block, and with two devices a lost device, costs no metadata. Everything that is not async wants the state lock.
/// </summary>
internal sealed class MetadataCopy(VolumeState state, int number, int device) : IDisposable
{
    /// <summary>Copies of everything.</summary>
    public const int Count = 2;

    public int Number => number;

    /// <summary>Index of the device that holds it.</summary>
    public int Device => device;

    public MetadataZones Zones { get; } = new(state, state.Zones[device]);

    /// <summary>Where the pages of the tree and those of checksums lie.</summary>
    public PageTable Tree { get; } = new(PageKind.TreeTable);
    public PageTable Checksums { get; } = new(PageKind.ChecksumTable);

    /// <summary>Where the pages of the two tables lie, and the root that names them.</summary>
    public PageAddress[] TreeTable { get; set; } = [];
    public PageAddress[] ChecksumTable { get; set; } = [];
    public PageAddress Root { get; set; } = PageAddress.None;

    /// <summary>Its device refused a checkpoint: it is written no more until the volume is opened anew, which makes it whole again.</summary>
    public bool IsLost { get; set; }

    /// <summary>Every page that is in use lies in it; if not, the next checkpoint writes what it lacks.</summary>
    public bool IsWhole { get; set; } = true;

    public IZonedDevice Medium => state.Zones[device].Device;

    /// <summary>The device of a copy: the second one, where there is one, has the second copy.</summary>
    public static int DeviceOf(int number, int deviceCount) => Math.Min(number, deviceCount - 1);

    /// <summary>Copies that a device of a volume holds.</summary>
    public static int CountOn(int device, int deviceCount) => Enumerable.Range(0, Count).Count(number => DeviceOf(number, deviceCount) == device);

    /// <summary>The page lies here no more, or was found damaged: the next checkpoint writes it again.</summary>
    public void Miss(PageTable table, uint id)
    {
        table.Set(id, PageAddress.None);
        IsWhole = false;
    }

    /// <summary>All its places on media.</summary>
    public IEnumerable<PageAddress> Places() =>
        Tree.Addresses().Concat(Checksums.Addresses()).Select(page => page.Address).Concat(TreeTable).Concat(ChecksumTable).Append(Root)
            .Where(place => !place.IsNone);

    public void Dispose()
    {
        Tree.Dispose();
        Checksums.Dispose();
    }
}
