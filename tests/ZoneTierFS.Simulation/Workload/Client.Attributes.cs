using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>Attributes, placement, and looking at the whole.</summary>
internal sealed partial class Client
{
    private static readonly string[] XattrNames = ["user.a", "user.b", "user.cc", "user." + new string('x', 200)];

    private async Task SetXattrAsync()
    {
        ModelNode node = PickNode(node => node.Kind is NodeKind.Regular or NodeKind.Directory)!;
        string name = _random.Pick(XattrNames);
        var mode = (XattrSetMode)_random.Next(3);
        var value = new byte[_random.Between(0, _random.Chance(0.1) ? 3000 : 100)];
        _random.Fill(value);
        Errno expected = (mode, node.Xattrs.ContainsKey(name)) switch
        {
            (XattrSetMode.Create, true) => Errno.EEXIST,
            (XattrSetMode.Replace, false) => Errno.ENODATA,
            _ => Errno.Ok,
        };
        await ChangeAsync(expected, expected == Errno.Ok ? new ChangeXattr(node.Id, name, value) : null,
            () => _volume.SetXattrAsync(Inode(node.Id), Bytes(name), value, mode));
    }

    private async Task RemoveXattrAsync()
    {
        ModelNode node = PickNode(node => node.Xattrs.Count > 0) ?? _model.Current.Root;
        string name = node.Xattrs.Count > 0 && _random.Chance(0.9) ? _random.Pick([.. node.Xattrs.Keys]) : _random.Pick(XattrNames);
        Errno expected = node.Xattrs.ContainsKey(name) ? Errno.Ok : Errno.ENODATA;
        await ChangeAsync(expected, expected == Errno.Ok ? new ChangeXattr(node.Id, name, null) : null,
            () => _volume.RemoveXattrAsync(Inode(node.Id), Bytes(name)));
    }

    private async Task ChangeModeAsync()
    {
        ModelNode node = PickNode(node => node.Kind != NodeKind.Symlink)!;
        await ChangeStatusAsync(new ChangeStatus(node.Id, (uint)_random.Next(0x200), null));
    }

    private async Task ChangeTimeAsync()
    {
        ModelNode node = PickNode(_ => true)!;
        await ChangeStatusAsync(new ChangeStatus(node.Id, null, _random.Between(0, 1L << 60)));
    }

    private Task<bool> ChangeStatusAsync(ChangeStatus change) => ChangeAsync(Errno.Ok, change, async () =>
    {
        var changes = new FileStatusChanges { Mode = change.Permissions, ModifyTime = change.ModifyTime };
        return (await _volume.SetStatusAsync(Inode(change.Node), changes)).Error;
    });

    /// <summary>Classes and pins move data about, which no reader may notice.</summary>
    private async Task PlaceAsync()
    {
        if (PickNode(node => node.Kind == NodeKind.Regular) is not ModelNode node)
        {
            return;
        }

        if (_random.Chance(0.5))
        {
            string? tier = _random.Chance(0.3) ? null : _random.Pick(_plan.Tiers).Name;
            await ChangeAsync(Errno.Ok, new ChangePlacement(node.Id, tier, node.Class), () => _volume.SetPinAsync(Inode(node.Id), tier));
        }
        else
        {
            FileClass? fileClass = _random.Chance(0.3) ? null : (FileClass)_random.Next(8);
            await ChangeAsync(Errno.Ok, new ChangePlacement(node.Id, node.Pin, fileClass), () => _volume.SetClassAsync(Inode(node.Id), fileClass));
        }
    }

    private async Task WarmOrEvictAsync()
    {
        if (_random.Chance(0.1))
        {
            Demand(_volume.StartScrub() == Errno.Ok, $"a scrub does not start");
        }
        else if (_random.Chance(0.1))
        {
            _volume.StopScrub();
        }

        if (PickNode(node => node.Kind == NodeKind.Regular) is ModelNode node)
        {
            Errno error = _random.Chance(0.6) ? _volume.Warm(Inode(node.Id)) : await _volume.EvictAsync(Inode(node.Id));
            // A file that is pinned to the fast tier is not evicted.
            Demand(error is Errno.Ok or Errno.ENOSPC or Errno.EBUSY, $"warm or evict of {node.Id} gives {error}");
        }
    }

    private Task ListAsync()
    {
        ModelNode directory = PickDirectory();
        SortedDictionary<string, ulong> names = new VolumeReader(_volume, _random, []).ListDirectory(Inode(directory.Id));
        Demand(names.Keys.SequenceEqual(directory.Entries.Keys),
            $"listing of {directory.Id} is [{string.Join(' ', names.Keys)}] instead of [{string.Join(' ', directory.Entries.Keys)}]");
        foreach ((string name, ulong inode) in names)
        {
            ModelNode node = _model.Current.Find(directory.Id, name)!;
            Demand(inode == Inode(node.Id), $"{name} of {directory.Id} is inode {inode} instead of {Inode(node.Id)}");
            Result<FileStatus> status = _volume.GetStatus(inode);
            Demand(status.IsOk, $"status of {name} gives {status.Error}");
            CheckStatus(node, status.Value);
        }

        string absent = PickName();
        Errno error = _volume.Lookup(Inode(directory.Id), Bytes(absent).Span).Error;
        Demand(error == (directory.Entries.ContainsKey(absent) ? Errno.Ok : Errno.ENOENT), $"lookup of {absent} in {directory.Id} gives {error}");
        return Task.CompletedTask;
    }

    private void CheckStatus(ModelNode node, in FileStatus status)
    {
        ulong size = node.Kind switch
        {
            NodeKind.Regular => (ulong)_model.Files[node.Id].Size,
            NodeKind.Symlink => (ulong)node.Target!.Length,
            _ => status.Size,
        };
        Demand(status.Size == size, $"size of {node.Id} is {status.Size} instead of {size}");
        Demand(status.Mode == (node.Type | node.Permissions), $"mode of {node.Id} is {status.Mode:x} instead of {node.Type | node.Permissions:x}");
        Demand(status.LinkCount == _model.Current.CountLinks(node), $"{node.Id} has {status.LinkCount} links instead of {_model.Current.CountLinks(node)}");
        Demand(status.UserId == node.UserId && status.GroupId == node.GroupId, $"owner of {node.Id} is {status.UserId}:{status.GroupId}");
        Demand(node.ModifyTime is null || node.ModifyTime == status.ModifyTime,
            $"modify time of {node.Id} is {status.ModifyTime} instead of {node.ModifyTime}");
    }

    /// <summary>Reads the client's whole directory, and demands exactly what the model holds.</summary>
    private async Task VerifyAllAsync()
    {
        SurvivingNode found = await new VolumeReader(_volume, _random, _model.FarBlocks).ReadTreeAsync(Inode(_model.Current.Root.Id));
        string? difference = _model.FindDifference(found);
        Demand(difference is null, $"{difference}");
    }
}
