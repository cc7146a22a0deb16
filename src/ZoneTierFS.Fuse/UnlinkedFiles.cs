using System.Collections.Concurrent;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>
/// Files without a name that the kernel still knows. Between a program's lookup of a name and its open another may unlink the file, or rename a new one
/// over it; the program must then get the old file, not an error. So a handle is held from the last name's removal until the kernel forgets the inode.
/// </summary>
/// <remarks>The kernel holds its lock on the directory meanwhile, so the name leads to the same file before and after.</remarks>
internal sealed class UnlinkedFiles(IFuseFileSystem fileSystem)
{
    private readonly ConcurrentDictionary<ulong, ulong> _handles = new();

    public async ValueTask<Errno> UnlinkAsync(ulong parent, ReadOnlyMemory<byte> name)
    {
        var held = await HoldAsync(parent, name);
        var error = await fileSystem.UnlinkAsync(parent, name);
        await KeepAsync(held, error);
        return error;
    }

    public async ValueTask<Errno> RenameAsync(ulong parent, ReadOnlyMemory<byte> name, ulong newParent, ReadOnlyMemory<byte> newName, uint flags)
    {
        var held = flags == 0 ? await HoldAsync(newParent, newName) : null;
        var error = await fileSystem.RenameAsync(parent, name, newParent, newName, flags);
        await KeepAsync(held, error);
        return error;
    }

    /// <summary>The kernel forgot an inode: nobody can open it by way of an earlier lookup any more.</summary>
    public ValueTask ForgetAsync(ulong inode) =>
        _handles.TryRemove(inode, out var handle) ? fileSystem.ReleaseAsync(inode, handle) : ValueTask.CompletedTask;

    /// <summary>The mount is gone, and with it all that the kernel knew.</summary>
    public async ValueTask ForgetAllAsync()
    {
        foreach (var inode in _handles.Keys)
            await ForgetAsync(inode);
    }

    /// <returns>A handle of the file whose last name this is; null for all else.</returns>
    private async ValueTask<Held?> HoldAsync(ulong parent, ReadOnlyMemory<byte> name)
    {
        var found = await fileSystem.LookupAsync(parent, name);
        if (!found.IsOk || found.Value.LinkCount != 1 || !Linux.FileMode.IsRegular(found.Value.Mode))
            return null;
        var opened = await fileSystem.OpenAsync(found.Value.Inode, LibC.O_NOATIME, killSetId: false, default);
        return opened.IsOk ? new Held(found.Value.Inode, opened.Value.Handle) : null;
    }

    private async ValueTask KeepAsync(Held? held, Errno error)
    {
        if (held is { } file && (error != Errno.Ok || !_handles.TryAdd(file.Inode, file.Handle)))
            await fileSystem.ReleaseAsync(file.Inode, file.Handle);
    }

    private readonly record struct Held(ulong Inode, ulong Handle);
}
