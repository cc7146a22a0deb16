using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>Who owns what, who may do what, and who has read what.</summary>
internal sealed partial class Client
{
    private const uint SetIdModes = 0x1000;

    /// <summary>chown in one or both ways, or set-ID bits, which only files have here: a directory with one hands its group down.</summary>
    private async Task ChangeOwnerAsync()
    {
        ModelNode node = PickNode(_ => true)!;
        if (node.Kind == NodeKind.Regular && _random.Chance(0.3))
        {
            await ChangeStatusAsync(new ChangeStatus(node.Id, (uint)_random.Next(SetIdModes), null));
            return;
        }

        uint? user = _random.Chance(0.7) ? (uint)_random.Next(1 << 20) : null;
        uint? group = user is null || _random.Chance(0.5) ? (uint)_random.Next(1 << 20) : null;
        await ChangeAsync(Errno.Ok, new ChangeOwner(node.Id, user, group),
            async () => (await _volume.SetStatusAsync(Inode(node.Id), new FileStatusChanges { UserId = user, GroupId = group })).Error);
    }

    private async Task SetAccessListAsync()
    {
        ModelNode node = PickNode(node => node.Kind != NodeKind.Symlink)!;
        uint mode = (uint)_random.Next(0x200);
        byte[] list = AccessList.Make((uint)_random.Next(1000), (uint)_random.Next(8), (uint)_random.Next(8), mode);
        await ChangeAsync(Errno.Ok, new ChangeAccessList(node.Id, list, mode),
            () => _volume.SetXattrAsync(Inode(node.Id), Bytes(AccessList.Name), list, XattrSetMode.CreateOrReplace));
    }

    private async Task DropPrivilegesAsync()
    {
        ModelNode node = PickNode(node => node.Kind is NodeKind.Regular or NodeKind.Directory)!;
        var caller = new FileCaller((uint)_random.Next(2), 0, 1);
        await ChangeAsync(Errno.Ok, new DropSetId(node.Id, caller.UserId == 0),
            async () => (await _volume.DropPrivilegesAsync(Inode(node.Id), caller)).Error);
    }

    /// <summary>An access time that is set is there; one that reading moves goes to now, and never back.</summary>
    private async Task NoteAccessAsync()
    {
        ModelNode node = PickNode(_ => true)!;
        ulong inode = Inode(node.Id);
        if (_random.Chance(0.5))
        {
            long time = _random.Between(0, 1L << 60);
            Result<FileStatus> set = await _volume.SetStatusAsync(inode, new FileStatusChanges { AccessTime = time });
            Demand(set.IsOk && set.Value.AccessTime == time, $"access time {time} of {node.Id} is {set.Value.AccessTime}, {set.Error}");
            return;
        }

        long before = _volume.GetStatus(inode).Value.AccessTime;
        bool moved = _volume.NoteAccess(inode);
        long after = _volume.GetStatus(inode).Value.AccessTime;
        long now = (_world.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        Demand(after == (moved ? now : before), $"access of {node.Id}: moved {moved}, from {before} to {after} at {now}");
    }
}
