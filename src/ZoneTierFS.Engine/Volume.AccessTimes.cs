using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Engine;

/// <summary>Access times: changed in memory and journaled with whatever is committed next; no commit is made for them.</summary>
public sealed partial class Volume
{
    private const long DayNanoseconds = 86_400_000_000_000;

    /// <summary>
    /// A program reads a file, directory or symbolic link: its access time moves where <see cref="VolumeOptions.AccessTimes"/> wants it. What the engine reads
    /// for itself is no access. Never waits, so it is let be on a volume that cannot be written and while the journal has no room.
    /// </summary>
    /// <returns>Whether it moved.</returns>
    public bool NoteAccess(ulong inode)
    {
        lock (_state.Gate)
        {
            if (_state.Inodes.TryGet(inode, out var active)) return NoteAccess(active);
            return TryMoveAccessTime(inode, modified: null);
        }
    }

    /// <summary>Under the state lock.</summary>
    private bool NoteAccess(Inode inode)
    {
        if (inode.AccessSeen == _state.Items.InodeChanges) return false;
        var moved = TryMoveAccessTime(inode.Number, inode.IsDirty || inode.Flushing is not null ? inode.ModifyTime : null);
        inode.AccessSeen = _state.Items.InodeChanges;
        return moved;
    }

    /// <param name="modified">Where it is newer than the record's.</param>
    private bool TryMoveAccessTime(ulong inode, long? modified)
    {
        if (_state.Options.AccessTimes == AccessTimes.Noatime || _state.Options.ReadOnly || _state.Failure is not null) return false;
        if (_state.Journal.BytesSinceCheckpoint > _state.JournalBytesHardMax || !_state.Items.TryGetInode(inode, out var record)) return false;
        var (now, changed) = (_state.Now, Math.Max(record.ChangeTime, modified ?? record.ModifyTime));
        if (record.AccessTime > changed && record.AccessTime > record.ModifyTime && now - record.AccessTime < DayNanoseconds) return false;
        record.AccessTime = now;
        _state.Items.PutInode(inode, record);
        _state.Journal.EndTransaction();
        return true;
    }
}
