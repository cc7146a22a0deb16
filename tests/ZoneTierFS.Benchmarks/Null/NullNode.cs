using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Benchmarks.Null;

/// <summary>A file without content, or a folder.</summary>
internal sealed class NullNode
{
    private const ulong SectorBytes = 512;

    private FileStatus _status;

    public NullNode(ulong inode, uint mode, FileCaller owner)
    {
        _status = new FileStatus { Inode = inode, Mode = mode, UserId = owner.UserId, GroupId = owner.GroupId };
        _status.LinkCount = IsDirectory ? 2u : 1u;
    }

    /// <summary>Entries of a folder by name; a character of the key is a byte of the name.</summary>
    public Dictionary<string, NullNode> Entries { get; } = new(StringComparer.Ordinal);

    public ulong Inode => _status.Inode;

    public bool IsDirectory => FileMode.IsDirectory(_status.Mode);

    public FileStatus Status => _status with { Blocks = (_status.Size + SectorBytes - 1) / SectorBytes };

    public long Size
    {
        get => (long)_status.Size;
        set => _status.Size = (ulong)value;
    }

    public void Apply(in FileStatusChanges changes)
    {
        _status.Size = changes.Size ?? _status.Size;
        _status.UserId = changes.UserId ?? _status.UserId;
        _status.GroupId = changes.GroupId ?? _status.GroupId;
        if (changes.Mode is { } mode)
            _status.Mode = (_status.Mode & FileMode.S_IFMT) | (mode & FileMode.PermissionMask);
    }
}
