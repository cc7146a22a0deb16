using ZoneTierFS.Engine;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Cli.Serving;

/// <summary>Files without a name, copies within the volume, and flags.</summary>
internal sealed partial class VolumeFileSystem
{
    public async ValueTask<Result<FuseCreated>> CreateUnnamedAsync(ulong parent, uint mode, uint flags, FileCaller caller)
    {
        var created = await volume.CreateUnnamedAsync(parent, mode, caller);
        return created.IsOk ? new FuseCreated(created.Value.Status, Cached(created.Value.Handle)) : created.Error;
    }

    /// <summary>For a copy the kernel does not say whether the caller may keep set-ID bits; root may.</summary>
    public ValueTask<Result<long>> CopyRangeAsync(FuseCopyRange range, FileCaller caller, CancellationToken interrupted) => volume.CopyRangeAsync(
        range.SourceHandle, range.SourceOffset, range.TargetHandle, range.TargetOffset, range.Length, killSetId: caller.UserId != 0, interrupted);

    public ValueTask<Result<uint>> GetFlagsAsync(ulong inode)
    {
        var flags = volume.GetFlags(inode);
        return new(flags.IsOk ? (flags.Value & FileFlags.Immutable) != 0 ? FileFlagBits.FS_IMMUTABLE_FL : 0 : flags.Error);
    }

    public ValueTask<Errno> SetFlagsAsync(ulong inode, uint flags) => (flags & ~FileFlagBits.FS_IMMUTABLE_FL) != 0
        ? new(Errno.EOPNOTSUPP)
        : volume.SetFlagsAsync(inode, (flags & FileFlagBits.FS_IMMUTABLE_FL) != 0 ? FileFlags.Immutable : FileFlags.None);
}
