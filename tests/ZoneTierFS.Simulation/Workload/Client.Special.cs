using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>Files without a name, copies within the volume, and what is immutable.</summary>
internal sealed partial class Client
{
    private const int CopyBytesMax = 400 << 10;

    /// <summary>Makes a file without a name, or gives a name to one that has none.</summary>
    private async Task UnnamedAsync()
    {
        ModelNode directory = PickDirectory();
        if (_open.Find(file => _model.Current[file.Node].Links == 0) is OpenFile nameless)
        {
            string name = PickName();
            Errno expected = _model.Current.ExpectNewName(directory.Id, name);
            await ChangeAsync(expected, expected == Errno.Ok ? new AddLink(nameless.Node, directory.Id, name) : null,
                async () => (await _volume.LinkAsync(Inode(nameless.Node), Inode(directory.Id), Bytes(name))).Error);
            return;
        }

        if (_open.Count >= OpenFilesMax || _model.Current.Walk(_model.Current.Root).Count(node => node.Kind == NodeKind.Regular) > FilesMax)
        {
            return;
        }

        var caller = new FileCaller((uint)_random.Next(3), (uint)_random.Next(3), 1);
        var node = new ModelNode(_reference.NextNode(), NodeKind.Regular)
        {
            Permissions = (uint)_random.Next(0x200), UserId = caller.UserId, GroupId = caller.GroupId,
        };
        _model.Files.Add(node.Id, new FileHistory());
        Result<UnnamedFile> made = default;
        bool done = await ChangeAsync(Errno.Ok, new CreateUnnamed(node),
            async () => (made = await _volume.CreateUnnamedAsync(Inode(directory.Id), node.Permissions, caller)).Error);
        if (!done)
        {
            _model.Files.Remove(node.Id);
            return;
        }

        ulong inode = made.Value.Status.Inode;
        Demand(!_model.Inodes.ContainsValue(inode) || IsReused(inode), $"a file without a name is made as inode {inode}, which is in use");
        _model.Inodes[node.Id] = inode;
        CheckStatus(_model.Current[node.Id], made.Value.Status);
        _open.Add(new OpenFile(made.Value.Handle, node.Id));
    }

    private async Task CopyRangeAsync()
    {
        if (_reference.LiveBytes > _plan.LiveBytesMax || await PickOpenAsync() is not OpenFile source || await PickOpenAsync() is not OpenFile target
            || !_open.Contains(source))
        {
            return;
        }

        FileHistory history = _model.Files[source.Node];
        long from = PickOffset(history.Size);
        long to = Math.Min(PickOffset(_model.Files[target.Node].Size), _plan.FileBytesMax);
        long length = _random.Between(0, CopyBytesMax);
        if (source.Node == target.Node && from < to + length && to < from + length)
        {
            Result<long> refused = await _volume.CopyRangeAsync(source.Handle, from, target.Handle, to, length, killSetId: false);
            Demand(refused.Error == Errno.EINVAL, $"a copy of {length} bytes from {from} to {to} of one file gives {refused}");
            return;
        }

        var data = new byte[Math.Clamp(history.Size - from, 0, length)];
        history.Read(from, data);
        int operation = data.Length == 0 ? 0 : BeginData(target.Node, file => file.Write(to, data, inPieces: true));
        Result<long> copied = await _volume.CopyRangeAsync(source.Handle, from, target.Handle, to, length, killSetId: false);
        _world.Trace.Record($"{_model.Directory}   copy {source.Node} at {from} to {target.Node} #{operation} at {to} length {length}");
        _world.Trace.Record($"{_model.Directory}   -> {copied.Error} {copied.Value}");
        if (data.Length > 0)
        {
            EndCopy(target.Node, operation, to, data, copied);
        }
        else
        {
            Demand(copied is { IsOk: true, Value: 0 }, $"a copy from the end of {source.Node} gives {copied}");
        }
    }

    /// <summary>Where the volume ran full on the way, a part of the copy is there and counts.</summary>
    private void EndCopy(int node, int operation, long to, byte[] data, Result<long> copied)
    {
        FileHistory history = _model.Files[node];
        if (copied.IsOk && copied.Value == data.Length)
        {
            history.Complete(operation);
            return;
        }

        Demand(copied.IsOk ? copied.Value > 0 && copied.Value < data.Length : copied.Error == Errno.ENOSPC, $"a copy of {data.Length} bytes gives {copied}");
        history.Revert(operation);
        DemandFull(data.Length);
        if (copied.IsOk)
        {
            history.Complete(history.Write(to, data.AsSpan(0, (int)copied.Value), inPieces: true));
        }
    }

    /// <summary>Makes something immutable, tries to change it in every way, and takes the flag back. A crash may leave the flag for the next life.</summary>
    private async Task SealAsync()
    {
        ModelNode node = PickNode(node => node.Kind is NodeKind.Regular or NodeKind.Directory && node != _model.Current.Root) ?? _model.Current.Root;
        if (!await SetImmutableAsync(node.Id, true))
        {
            return;
        }

        if (node.Kind == NodeKind.Directory)
        {
            Refuse("create", (await _volume.CreateAsync(Inode(node.Id), Bytes(".never"), 0x81A4, 0, default)).Error);
            Refuse("create without a name", (await _volume.CreateUnnamedAsync(Inode(node.Id), 0x1A4, default)).Error);
        }
        else
        {
            Refuse("open", (await _volume.OpenFileAsync(Inode(node.Id), OpenFlags.Write)).Error);
            Refuse("truncate", (await _volume.SetStatusAsync(Inode(node.Id), new FileStatusChanges { Size = (ulong)_random.Next(100_000) })).Error);
        }

        if (_open.Find(file => file.Node == node.Id) is OpenFile file)
        {
            Refuse("write", (await _volume.WriteAsync(file.Handle, 0, new byte[100], append: _random.Chance(0.5), killSetId: false)).Error);
            Refuse("allocate", await _volume.AllocateAsync(file.Handle, (AllocateMode)_random.Next(5), 0, 10_000));
        }

        Refuse("change of mode", (await _volume.SetStatusAsync(Inode(node.Id), new FileStatusChanges { Mode = 0x1FF })).Error);
        Refuse("xattr", await _volume.SetXattrAsync(Inode(node.Id), Bytes(XattrNames[0]), new byte[1], XattrSetMode.CreateOrReplace));
        await RefuseNamesAsync(node);
        await SetImmutableAsync(node.Id, false);
    }

    private async Task RefuseNamesAsync(ModelNode node)
    {
        foreach (ModelNode directory in _model.Current.Walk(_model.Current.Root).Where(parent => parent.Entries.ContainsValue(node.Id)).ToList())
        {
            string name = directory.Entries.First(entry => entry.Value == node.Id).Key;
            ulong parent = Inode(directory.Id);
            Refuse("rename", await _volume.RenameAsync(parent, Bytes(name), parent, Bytes(".never"), RenameFlags.None));
            if (node.Kind == NodeKind.Regular)
            {
                Refuse("unlink", await _volume.UnlinkAsync(parent, Bytes(name)));
                Refuse("link", (await _volume.LinkAsync(Inode(node.Id), parent, Bytes(".never"))).Error);
            }
        }
    }

    private void Refuse(string what, Errno error) => Demand(error == Errno.EPERM, $"{what} of something immutable gives {error}");

    private Task<bool> SetImmutableAsync(int node, bool immutable) => ChangeAsync(Errno.Ok, new ChangeFlags(node, immutable),
        () => _volume.SetFlagsAsync(Inode(node), immutable ? FileFlags.Immutable : FileFlags.None));

    /// <summary>What a crash has left immutable would stand in everybody's way.</summary>
    private async Task UnsealAllAsync()
    {
        while (PickNode(node => node.IsImmutable) is ModelNode node)
        {
            await SetImmutableAsync(node.Id, false);
        }
    }
}
