using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine;

/// <summary>What was written becomes durable, or somebody is told that it did not.</summary>
public sealed partial class Volume
{
    /// <summary>
    /// The file's data and metadata are durable when this returns Ok. An earlier failure to store them is told here or by <see cref="FlushFileAsync"/>,
    /// once to every handle that was open then; data that still waits is tried again, so that a later Ok is true. Once the volume has failed, a handle
    /// that can write gets EIO each time.
    /// </summary>
    public async ValueTask<Errno> FsyncAsync(ulong handle, bool dataOnly)
    {
        if (_files.Get(handle) is not { } file) return Errno.EBADF;
        var error = await _state.WriteBack.StoreAsync(file.Inode);
        if (error == Errno.Ok) error = await _state.Journal.CommitAsync(ulong.MaxValue);
        lock (_state.Gate)
        {
            // The kernel forgets pages of a map that it could not write: with nothing left to store, only this keeps from calling them durable.
            if (_state.Failure is not null && file.CanWrite) error = Errno.EIO;
            return Told(file, error);
        }
    }

    /// <summary>
    /// A descriptor of the file was closed: tells what fsync would have told of failures so far, and EIO once where the volume failed before what was
    /// written became durable. Stores nothing.
    /// </summary>
    public ValueTask<Errno> FlushFileAsync(ulong handle)
    {
        if (_files.Get(handle) is not { } file) return new(Errno.EBADF);
        lock (_state.Gate) return new(Told(file, IsLost(file) ? Errno.EIO : Errno.Ok));
    }

    private bool IsLost(OpenFile file)
    {
        if (_state.Failure is null || !file.CanWrite || file.KnowsVolumeFailure) return false;
        return file.Inode.IsDirty || file.Inode.Flushing is not null || file.Inode.StoredInBatch > _state.Journal.DurableSequence;
    }

    /// <summary>The error of a call, or else of a write-back that this open file was not told of yet. It knows both from here on.</summary>
    private Errno Told(OpenFile file, Errno error)
    {
        var inode = file.Inode;
        if (file.KnownFailures != inode.WriteFailures)
        {
            if (error == Errno.Ok) error = inode.WriteError;
            file.KnownFailures = inode.WriteFailures;
            inode.IsFailureTold = true;
        }
        if (error != Errno.Ok && _state.Failure is not null) file.KnowsVolumeFailure = true;
        return error;
    }
}
