using System.Runtime.CompilerServices;
using System.Text;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>
/// A program that works in a directory of its own, one seeded action after the other, and holds every answer against the model. It lives from one opening
/// of the volume to its close or to the power cut; the model lives on.
/// </summary>
internal sealed partial class Client
{
    private const int FilesMax = 24;
    private const int DirectoriesMax = 6;
    private const int OpenFilesMax = 5;

    /// <summary>Nothing that a client asks for takes longer, however busy the devices are.</summary>
    private static readonly TimeSpan ActionTimeMax = TimeSpan.FromMinutes(10);

    private static readonly string[] Names =
    [
        "a", "b", "c", "d", "e", "f", "model.gguf", "x.safetensors", "state.kv", "optimizer.pt", "data.parquet", "scratch.tmp", "ünïcödé",
        new string('n', Volume.NameBytesMax),
    ];

    private readonly Volume _volume;
    private readonly SeededWorld _world;
    private readonly SeededRandom _random;
    private readonly SimulationPlan _plan;
    private readonly ReferenceModel _reference;
    private readonly ClientModel _model;
    private readonly List<OpenFile> _open = [];
    private ClientAction? _doing;
    private TimeSpan _since;

    public Client(Volume volume, SeededWorld world, SeededRandom random, SimulationPlan plan, ReferenceModel reference, ClientModel model)
    {
        _volume = volume;
        _world = world;
        _random = random;
        _plan = plan;
        _reference = reference;
        _model = model;
        world.DescribePending(() => $"/{model.Directory}: {(_doing is null ? "nothing" : $"{_doing} since {world.Time.Elapsed - _since}")}");
    }

    /// <summary>Actions done in this life.</summary>
    public int Actions { get; private set; }

    /// <summary>What takes too long, or null.</summary>
    public string? FindOverdue()
        => _doing is ClientAction action && _world.Time.Elapsed - _since > ActionTimeMax
            ? $"/{_model.Directory}: {action} takes more than {ActionTimeMax}"
            : null;

    public async Task RunAsync(int actions)
    {
        await UnsealAllAsync();
        for (int i = 0; i < actions; i++)
        {
            ClientAction action = _plan.PickAction(_random);
            _since = _world.Time.Elapsed;
            _doing = action;
            _world.Trace.Record($"{_model.Directory} {action}");
            await DoAsync(action);
            _doing = null;
            Actions++;
        }
    }

    public async Task CloseAllAsync()
    {
        while (_open.Count > 0)
        {
            await CloseAsync(_open.Count - 1);
        }
    }

    private Task DoAsync(ClientAction action) => action switch
    {
        ClientAction.CreateFile => CreateAsync(NodeKind.Regular),
        ClientAction.MakeDirectory => CreateAsync(NodeKind.Directory),
        ClientAction.MakeSymlink => CreateAsync(NodeKind.Symlink),
        ClientAction.MakeFifo => CreateAsync(NodeKind.Fifo),
        ClientAction.Link => LinkAsync(),
        ClientAction.Unlink => UnlinkAsync(),
        ClientAction.RemoveDirectory => RemoveDirectoryAsync(),
        ClientAction.Rename => RenameAsync(),
        ClientAction.ReplaceByRename => ReplaceByRenameAsync(),
        ClientAction.Write => WriteSomewhereAsync(append: false),
        ClientAction.Append => WriteSomewhereAsync(append: true),
        ClientAction.Burst => BurstAsync(),
        ClientAction.Scatter => ScatterAsync(),
        ClientAction.Read => ReadSomewhereAsync(),
        ClientAction.Truncate => TruncateAsync(),
        ClientAction.ZeroRange => ZeroRangeAsync(),
        ClientAction.Seek => SeekAsync(),
        ClientAction.Fsync => FsyncAsync(dataOnly: false),
        ClientAction.Fdatasync => FsyncAsync(dataOnly: true),
        ClientAction.Sync => SyncAsync(),
        ClientAction.Open => OpenSomeAsync(),
        ClientAction.Close => _open.Count == 0 ? Task.CompletedTask : CloseAsync(_random.Next(_open.Count)),
        ClientAction.List => ListAsync(),
        ClientAction.SetXattr => SetXattrAsync(),
        ClientAction.RemoveXattr => RemoveXattrAsync(),
        ClientAction.ChangeMode => ChangeModeAsync(),
        ClientAction.ChangeTime => ChangeTimeAsync(),
        ClientAction.Place => PlaceAsync(),
        ClientAction.WarmOrEvict => WarmOrEvictAsync(),
        ClientAction.Think => _world.DelayAsync(TimeSpan.FromMilliseconds(_random.Between(1, _random.Chance(0.1) ? 90_000 : 3000))),
        ClientAction.VerifyAll => VerifyAllAsync(),
        ClientAction.Fill => FillAsync(),
        ClientAction.Crowd => CrowdAsync(),
        ClientAction.CreateUnnamed => UnnamedAsync(),
        ClientAction.CopyRange => CopyRangeAsync(),
        ClientAction.Seal => SealAsync(),
        ClientAction.MakeSpecial => CreateAsync(_random.Pick([NodeKind.Socket, NodeKind.CharacterDevice, NodeKind.BlockDevice])),
        ClientAction.ChangeOwner => ChangeOwnerAsync(),
        ClientAction.SetAccessList => SetAccessListAsync(),
        ClientAction.DropPrivileges => DropPrivilegesAsync(),
        ClientAction.NoteAccess => NoteAccessAsync(),
        _ => throw new InvalidOperationException($"no such action: {action}"),
    };

    private ModelNode PickDirectory() => _random.Pick([.. _model.Current.Walk(_model.Current.Root).Where(node => node.Kind == NodeKind.Directory)]);

    private string PickName() => _random.Pick(Names);

    /// <summary>A name of the directory, mostly one that is there.</summary>
    private string PickName(ModelNode directory)
        => directory.Entries.Count > 0 && _random.Chance(0.9) ? _random.Pick([.. directory.Entries.Keys]) : PickName();

    private ModelNode? PickNode(Predicate<ModelNode> wanted)
    {
        List<ModelNode> nodes = [.. _model.Current.Walk(_model.Current.Root).Where(node => wanted(node))];
        return nodes.Count == 0 ? null : _random.Pick(nodes);
    }

    private static ReadOnlyMemory<byte> Bytes(string name) => Encoding.UTF8.GetBytes(name);

    private ulong Inode(int node) => _model.Inodes[node];

    /// <summary>Begins a namespace operation, has the volume do it, and enters the outcome in the model.</summary>
    /// <param name="expected">What the model says the answer must be.</param>
    /// <param name="change">What happens where the answer is Ok; null where it must not be.</param>
    private async Task<bool> ChangeAsync(Errno expected, NamespaceOperation? change, Func<ValueTask<Errno>> operate)
    {
        if (change is not null)
        {
            _model.Begin(change);
            _world.Trace.Write($"{_model.Directory}   {change}");
        }

        Errno error = await operate();
        _world.Trace.Record($"{_model.Directory}   -> {error}");
        if (error == Errno.ENOSPC && change is not RemoveName)
        {
            DemandFull(0);
        }
        else
        {
            Demand(error == expected, $"{change} gives {error} instead of {expected}");
        }

        if (change is null)
        {
            return false;
        }

        if (error == Errno.Ok)
        {
            _model.Complete(change);
            return true;
        }

        _model.Abandon(change);
        return false;
    }

    /// <summary>"No space" is a lie unless the data that no one has deleted comes near to what the devices hold.</summary>
    private void DemandFull(long wanted)
    {
        long live = _reference.LiveBytes + wanted;
        Demand(live >= _plan.FullBytesMin,
            $"ENOSPC with {live} bytes of live data, where {_plan.FullBytesMin} must fit into {_plan.CapacityBytes}; {SpaceInWords.Describe(_volume)}");
    }

    private void Demand(bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref ViolationMessage violation)
    {
        if (!condition)
        {
            // At once, and not when others that the client waits for have ended: one wrong answer can leave them waiting forever.
            var failure = new SimulationException($"/{_model.Directory} {_doing}: {violation.ToText()}");
            _world.Fail(failure);
            throw failure;
        }
    }
}
