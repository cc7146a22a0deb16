using ZoneTierFS.Engine.Placement;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Simulation;

/// <summary>A file, directory or other node as it should be; its data is in a <see cref="FileHistory"/> apart.</summary>
/// <param name="id">The model's own name of the node: the inode number of a node whose creation was never answered is not known.</param>
internal sealed class ModelNode(int id, NodeKind kind)
{
    private const uint SocketType = 0xC000;
    private const uint BlockDeviceType = 0x6000;
    private const uint CharacterDeviceType = 0x2000;

    public int Id { get; } = id;

    public NodeKind Kind { get; } = kind;

    public uint Permissions { get; set; }

    public uint UserId { get; set; }

    public uint GroupId { get; set; }

    /// <summary>Of a character or block device, in the kernel's encoding.</summary>
    public uint DeviceNumber { get; init; }

    /// <summary>Nanoseconds since the Unix epoch where it was set by hand and nothing has changed it since; otherwise null, for not known.</summary>
    public long? ModifyTime { get; set; }

    public string? Target { get; init; }

    public string? Pin { get; set; }

    /// <summary>The class set by hand; null where the rules decide.</summary>
    public FileClass? Class { get; set; }

    public bool IsImmutable { get; set; }

    /// <summary>Names of the node, where it is no directory.</summary>
    public int Links { get; set; }

    public SortedDictionary<string, byte[]> Xattrs { get; private init; } = new(StringComparer.Ordinal);

    /// <summary>Names and node ids, where it is a directory.</summary>
    public SortedDictionary<string, int> Entries { get; private init; } = new(StringComparer.Ordinal);

    public uint Type => Kind switch
    {
        NodeKind.Regular => FileMode.S_IFREG,
        NodeKind.Directory => FileMode.S_IFDIR,
        NodeKind.Symlink => FileMode.S_IFLNK,
        NodeKind.Fifo => FileMode.S_IFIFO,
        NodeKind.Socket => SocketType,
        NodeKind.CharacterDevice => CharacterDeviceType,
        _ => BlockDeviceType,
    };

    public ModelNode Clone() => new(Id, Kind)
    {
        Permissions = Permissions,
        UserId = UserId,
        GroupId = GroupId,
        DeviceNumber = DeviceNumber,
        ModifyTime = ModifyTime,
        Target = Target,
        Pin = Pin,
        Class = Class,
        IsImmutable = IsImmutable,
        Links = Links,
        Xattrs = new(Xattrs, StringComparer.Ordinal),
        Entries = new(Entries, StringComparer.Ordinal),
    };
}
