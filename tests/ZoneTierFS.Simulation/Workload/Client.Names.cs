using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>Making, moving and removing names.</summary>
internal sealed partial class Client
{
    private static readonly RenameFlags[] RenameKinds = [RenameFlags.None, RenameFlags.None, RenameFlags.None, RenameFlags.NoReplace, RenameFlags.Exchange];

    private Task CreateAsync(NodeKind kind)
    {
        int limit = kind == NodeKind.Directory ? DirectoriesMax : FilesMax;
        int crowd = _model.Current.Find(_model.Current.Root.Id, CrowdName)?.Entries.Count ?? 0;
        return _model.Current.Walk(_model.Current.Root).Count(node => node.Kind == kind) > limit + crowd
            ? UnlinkAsync()
            : CreateAsync(kind, PickDirectory(), PickName());
    }

    private async Task<int?> CreateAsync(NodeKind kind, ModelNode directory, string name)
    {
        var caller = new FileCaller((uint)_random.Next(3), (uint)_random.Next(3), 1);
        var node = new ModelNode(_reference.NextNode(), kind)
        {
            Permissions = kind == NodeKind.Symlink ? 0x1FF : (uint)_random.Next(0x200),
            UserId = caller.UserId,
            GroupId = caller.GroupId,
            DeviceNumber = kind is NodeKind.CharacterDevice or NodeKind.BlockDevice ? (uint)_random.Next(1L << 32) : 0,
            Target = kind == NodeKind.Symlink ? new string('t', (int)_random.Between(1, _random.Chance(0.1) ? 4095 : 60)) : null,
        };
        Errno expected = _model.Current.ExpectNewName(directory.Id, name);
        if (kind == NodeKind.Regular)
        {
            _model.Files.Add(node.Id, new FileHistory());
        }

        ulong parent = Inode(directory.Id);
        Result<FileStatus> made = default;
        bool done = await ChangeAsync(expected, expected == Errno.Ok ? new CreateNode(directory.Id, name, node) : null, async () =>
        {
            made = kind switch
            {
                NodeKind.Directory => await _volume.MakeDirectoryAsync(parent, Bytes(name), node.Permissions, caller),
                NodeKind.Symlink => await _volume.SymlinkAsync(parent, Bytes(name), Bytes(node.Target!), caller),
                _ => await _volume.CreateAsync(parent, Bytes(name), node.Type | node.Permissions, node.DeviceNumber, caller),
            };
            return made.Error;
        });
        if (!done)
        {
            _model.Files.Remove(node.Id);
            return null;
        }

        Demand(!_model.Inodes.ContainsValue(made.Value.Inode) || IsReused(made.Value.Inode), $"{name} is made as inode {made.Value.Inode}, which is in use");
        _model.Inodes[node.Id] = made.Value.Inode;
        CheckStatus(_model.Current[node.Id], made.Value);
        return node.Id;
    }

    /// <summary>The number belonged to a file that is gone for good.</summary>
    private bool IsReused(ulong inode)
    {
        int before = _model.Inodes.First(pair => pair.Value == inode).Key;
        bool gone = _model.Current[before].Links == 0 && _open.TrueForAll(file => file.Node != before);
        return gone && _model.Inodes.Remove(before);
    }

    private async Task LinkAsync()
    {
        ModelNode directory = PickDirectory();
        string name = PickName();
        ModelNode? node = PickNode(node => node.Kind != NodeKind.Directory || _random.Chance(0.02));
        if (node is null)
        {
            return;
        }

        Errno expected = node.Kind == NodeKind.Directory ? Errno.EPERM : _model.Current.ExpectNewName(directory.Id, name);
        if (expected == Errno.EPERM && directory.Entries.ContainsKey(name))
        {
            return;
        }

        await ChangeAsync(expected, expected == Errno.Ok ? new AddLink(node.Id, directory.Id, name) : null,
            async () => (await _volume.LinkAsync(Inode(node.Id), Inode(directory.Id), Bytes(name))).Error);
    }

    private Task<bool> UnlinkAsync()
    {
        ModelNode directory = PickDirectory();
        return UnlinkAsync(directory, PickName(directory));
    }

    private async Task<bool> UnlinkAsync(ModelNode directory, string name)
    {
        ModelNode? node = _model.Current.Find(directory.Id, name);
        Errno expected = _model.Current.ExpectUnlink(directory.Id, name);
        bool done = await ChangeAsync(expected, expected == Errno.Ok ? new RemoveName(directory.Id, name, node!.Id) : null,
            () => _volume.UnlinkAsync(Inode(directory.Id), Bytes(name)));
        DropIfGone(node);
        return done;
    }

    private async Task RemoveDirectoryAsync()
    {
        ModelNode directory = PickDirectory();
        string name = directory.Entries.Keys.FirstOrDefault(key => _model.Current.Find(directory.Id, key)!.Kind == NodeKind.Directory) ?? PickName(directory);
        Errno expected = _model.Current.ExpectRemoveDirectory(directory.Id, name);
        ModelNode? node = _model.Current.Find(directory.Id, name);
        await ChangeAsync(expected, expected == Errno.Ok ? new RemoveName(directory.Id, name, node!.Id) : null,
            () => _volume.RemoveDirectoryAsync(Inode(directory.Id), Bytes(name)));
    }

    private Task RenameAsync()
    {
        ModelNode from = PickDirectory();
        ModelNode to = PickDirectory();
        return RenameAsync(from, PickName(from), to, _random.Chance(0.5) ? PickName(to) : PickName(), _random.Pick(RenameKinds));
    }

    private async Task RenameAsync(ModelNode from, string name, ModelNode to, string newName, RenameFlags flags)
    {
        ModelNode? moved = _model.Current.Find(from.Id, name);
        if (moved?.Kind == NodeKind.Directory && _model.Current.IsBelow(to, moved.Id))
        {
            // Wrong in itself; with flags it can be wrong in two ways, and POSIX does not say which error comes first.
            flags = RenameFlags.None;
        }

        Errno expected = _model.Current.ExpectRename(from.Id, name, to.Id, newName, flags);
        ModelNode? other = _model.Current.Find(to.Id, newName);
        Rename? rename = null;
        if (expected == Errno.Ok)
        {
            bool forces = moved!.Kind == NodeKind.Regular && other?.Kind == NodeKind.Regular && other != moved && flags == RenameFlags.None;
            rename = new Rename(from.Id, name, to.Id, newName, flags, moved.Id, other?.Id ?? -1, forces ? _model.Files[moved.Id].Completed : -1);
        }

        await ChangeAsync(expected, rename, () => _volume.RenameAsync(Inode(from.Id), Bytes(name), Inode(to.Id), Bytes(newName), flags));
        DropIfGone(other);
    }

    /// <summary>The way in which careful programs replace a file: write another, and rename it over the first, mostly without fsync.</summary>
    private async Task ReplaceByRenameAsync()
    {
        ModelNode directory = PickDirectory();
        const string Temporary = ".new";
        if (_model.Current.Find(directory.Id, Temporary) is null && await CreateAsync(NodeKind.Regular, directory, Temporary) is int id)
        {
            OpenFile file = await OpenAsync(id);
            await WriteAsync(file, 0, NewData(file, 0, (int)PickLength()), append: false);
            if (_random.Chance(0.3))
            {
                await FsyncAsync(file, dataOnly: false);
            }

            await CloseAsync(_open.IndexOf(file));
        }

        if (_model.Current.Find(directory.Id, Temporary)?.Kind == NodeKind.Regular)
        {
            await RenameAsync(directory, Temporary, directory, PickName(directory), RenameFlags.None);
        }
    }

    /// <summary>Data without a name and without a handle is no longer anyone's.</summary>
    private void DropIfGone(ModelNode? node)
    {
        if (node is { Kind: NodeKind.Regular, Links: 0 } && _open.TrueForAll(file => file.Node != node.Id))
        {
            _model.Files[node.Id].DropLive();
        }
    }
}
