using System.Globalization;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>Much of everything: volumes that get full, directories that get large, and their end.</summary>
internal sealed partial class Client
{
    private const int FillWriteBytes = 256 << 10;
    private const string FillName = ".fill";
    private const string CrowdName = ".crowd";
    private const int CrowdMax = 300;

    /// <summary>Writes until the volume is full, deletes what it wrote, and finds the space free again. A crash may leave the file for the next time.</summary>
    private async Task FillAsync()
    {
        await DeleteFillAsync();
        ModelNode root = _model.Current.Root;
        if (root.Entries.ContainsKey(FillName) || await CreateAsync(NodeKind.Regular, root, FillName) is not int id)
        {
            return;
        }

        OpenFile file = await OpenAsync(id);
        long offset = 0;
        while (await WriteAsync(file, offset, NewData(file, offset, FillWriteBytes), append: false))
        {
            offset += FillWriteBytes;
            Demand(offset <= _plan.CapacityBytes, $"{offset} bytes went into a volume of {_plan.CapacityBytes}");
        }

        await CloseAsync(_open.IndexOf(file));
        await DeleteFillAsync();
    }

    public async Task DeleteFillAsync()
    {
        ModelNode root = _model.Current.Root;
        if (_model.Current.ExpectUnlink(root.Id, FillName) == Errno.Ok)
        {
            await UnlinkAsync(root, FillName);
        }
    }

    /// <summary>Makes a directory of very many small nodes, or empties the one that is there.</summary>
    private async Task CrowdAsync()
    {
        ModelNode root = _model.Current.Root;
        if (_model.Current.Find(root.Id, CrowdName) is { Kind: NodeKind.Directory } crowd)
        {
            await DeleteBelowAsync(crowd);
            return;
        }

        if (await CreateAsync(NodeKind.Directory, root, CrowdName) is not int id)
        {
            return;
        }

        for (int i = _random.Between(50, CrowdMax); i > 0; i--)
        {
            NodeKind kind = _random.Pick([NodeKind.Regular, NodeKind.Symlink, NodeKind.Fifo]);
            await CreateAsync(kind, _model.Current[id], i.ToString("D40", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Removes every name in the client's directory.</summary>
    public async Task DeleteAllAsync()
    {
        _doing = ClientAction.Unlink;
        await UnsealAllAsync();
        await DeleteBelowAsync(_model.Current.Root);
        _doing = null;
    }

    private async Task DeleteBelowAsync(ModelNode top)
    {
        foreach (ModelNode directory in _model.Current.Walk(top).Where(node => node.Kind == NodeKind.Directory).Reverse().ToList())
        {
            foreach (string name in directory.Entries.Keys.ToList())
            {
                ModelNode node = _model.Current.Find(directory.Id, name)!;
                if (node.Kind != NodeKind.Directory)
                {
                    await UnlinkAsync(directory, name);
                    continue;
                }

                ulong parent = Inode(directory.Id);
                await ChangeAsync(Errno.Ok, new RemoveName(directory.Id, name, node.Id), () => _volume.RemoveDirectoryAsync(parent, Bytes(name)));
            }
        }
    }
}
