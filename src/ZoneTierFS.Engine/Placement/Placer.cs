using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Placement;

/// <summary>Decides class and place of files from what is known of them, and keeps the decision with its reason in the inode.</summary>
internal sealed class Placer(VolumeState state)
{
    private const int HeadBytes = 4096;

    /// <summary>Share of live bytes from which a device's new bytes go elsewhere while there is room elsewhere.</summary>
    public const double SpillAbove = 0.9;

    /// <summary>How often all devices are tried: zones that are just being read or written cannot be cleaned, but can a moment later.</summary>
    private const int RoundsMax = 20;

    /// <summary>Where the waiting bytes of a file go. Classifies it first when its beginning is among them. Under the state lock.</summary>
    public PlacementTarget Place(Inode inode)
    {
        Invariant.Holds(state.Items.TryGetInode(inode.Number, out var record), "an inode in use has a record");
        if (inode.Flushing is { } buffer && buffer.Has(0)) inode.Becomes = Classify(inode.Number, ref record, buffer.Block(0), inode.Size);
        else if (record.Reason == ClassReason.ScratchName && inode.Becomes is null) inode.Becomes = Classify(inode.Number, ref record, default, inode.Size);
        var size = Math.Max(inode.Size, record.Size);
        var device = record.Pin > 0 ? record.Pin - 1 : Home(record.Class, size, inode.Becomes);
        return new PlacementTarget(WithRoom(device), StreamKey.ForFile(record.Class, (long)size, inode.Becomes));
    }

    /// <summary>The device that a class belongs on.</summary>
    public int Home(FileClass fileClass, ulong size, FileClass? becomes = null) =>
        PlacementPolicy.PrefersCapacityTier(fileClass, (long)size, becomes) ? state.Zones.Length - 1 : 0;

    /// <summary>
    /// The device itself, or another that has room when this one is nearly full of live bytes: cleaning a full device copies almost everything to gain almost
    /// nothing. Under the state lock.
    /// </summary>
    private int WithRoom(int device)
    {
        for (var i = 0; i < state.Zones.Length; i++)
            if (state.Space.Fill((device + i) % state.Zones.Length) < SpillAbove) return (device + i) % state.Zones.Length;
        return device;
    }

    /// <summary>A new file: only its name is known. Under the state lock.</summary>
    public void ClassifyByName(ulong inode)
    {
        Invariant.Holds(state.Items.TryGetInode(inode, out var record), "a new inode has a record");
        Classify(inode, ref record, default, record.Size);
    }

    /// <summary>A file was renamed, or closed after writing: decides again by its new name and its beginning.</summary>
    public async ValueTask ReclassifyAsync(ulong number)
    {
        Inode? inode;
        lock (state.Gate)
        {
            if (!state.Items.TryGetInode(number, out var before) || !FileMode.IsRegular(before.Mode) || before.Reason == ClassReason.ExplicitAttribute) return;
            inode = state.Inodes.Acquire(number);
        }
        if (inode is null) return;
        using var head = new AlignedMemory(HeadBytes);
        await inode.Lock.EnterSharedAsync();
        var length = (int)Math.Min(inode.Size, HeadBytes);
        var error = length == 0 ? Errno.Ok : await state.Reader.ReadBlocksAsync(inode, 0, head.Memory);
        inode.Lock.ExitShared();
        lock (state.Gate)
        {
            if (error == Errno.Ok && state.Items.TryGetInode(number, out var record))
            {
                Classify(number, ref record, head.GetSpan()[..length], inode.Size);
                if (inode.WriterCount == 0) Seal(number); // a download that was closed under its temporary name
                state.MoveRequests.Consider(number);
            }
            state.Inodes.Release(inode);
        }
    }

    /// <summary>Enters the class; for a temporary name, returns the class that the finished file is expected to have.</summary>
    private FileClass? Classify(ulong inode, ref InodeRecord record, ReadOnlySpan<byte> head, ulong size)
    {
        if (record.Reason == ClassReason.ExplicitAttribute) return null;
        var path = state.Names.PathOf(inode);
        var decided = state.Classifier.Classify(new ClassificationInput
        {
            Path = path, Head = head[..(int)Math.Min((ulong)head.Length, size)], HeadKnown = !head.IsEmpty,
            DirectoryNamesInferenceEngine = false,
        });
        if (decided.Class == record.Class && decided.Reason == record.Reason) return decided.Becomes;
        (record.Class, record.Reason) = (decided.Class, decided.Reason);
        state.Items.PutInode(inode, record);
        state.Journal.EndTransaction();
        return decided.Becomes;
    }

    /// <summary>A file has no writer any more: complete weights are sealed. Under the state lock.</summary>
    public void Seal(ulong inode)
    {
        if (!state.Items.TryGetInode(inode, out var record) || record.Class != FileClass.Weights || record.LinkCount == 0) return;
        record.Flags |= InodeFlags.Sealed;
        state.Items.PutInode(inode, record);
        state.Journal.EndTransaction();
    }

    /// <summary>
    /// Appends staged blocks to the target, or where there is room instead: another stream's zone on the same device, then other devices, also when one
    /// refuses every append. A device that is nearly full of live bytes is waited for only when no other has room. ENOSPC as a
    /// <see cref="DeviceException"/> only when cleaning can free nothing anywhere.
    /// </summary>
    public async ValueTask<Placed> AppendAsync(PlacementTarget target, Staging staging, int from)
    {
        for (var round = 0; round < RoundsMax; round++)
        {
            DeviceException? refusal = null;
            for (var i = 0; i < state.Zones.Length; i++)
            {
                var device = (target.Device + i) % state.Zones.Length;
                if (state.Zones[device].IsLost) continue;
                try
                {
                    var placed = await AppendToAsync(target with { Device = device }, staging, from, mayWait: round > 0 || IsWorthWaiting(device));
                    if (placed.Count > 0) return placed;
                }
                catch (DeviceException failure) when (failure.Error != Errno.ENOSPC)
                {
                    StateLog.OperationFailed(state.Log, $"Storing on tier {state.Zones[device].Tier}", failure.Message);
                    refusal = failure;
                }
            }
            if (refusal is not null) throw refusal;
            // Pages of old checkpoints may lie in one zone more than promises of space count with: gathering them frees it.
            if (round == 0) await state.Checkpointer.GatherAsync();
        }
        throw new DeviceException(Errno.ENOSPC, "No tier has a zone left to append to.");
    }

    /// <summary>Tries all streams of one device. Count 0 where none has room.</summary>
    private async ValueTask<Placed> AppendToAsync(PlacementTarget target, Staging staging, int from, bool mayWait)
    {
        var zones = state.Zones[target.Device];
        for (var slot = 0; slot < zones.StreamCount; slot++)
        {
            var stream = state.Appender.UserStream(target.Device, zones.SlotOf(target) + slot);
            var placed = await state.Appender.AppendAsync(stream, staging, from, WriteCause.User, mayWait && slot == 0);
            if (placed.Count > 0) return placed;
        }
        return default;
    }

    private bool IsWorthWaiting(int device)
    {
        lock (state.Gate) return state.Space.Fill(device) < SpillAbove;
    }
}
