using System.Runtime.CompilerServices;
using System.Text;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Checking;
using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Simulation;

/// <summary>One power-on: what is done with the volume between the devices' start and the close or the power cut.</summary>
internal sealed class Life(
    SeededWorld world, IReadOnlyList<TierDevice> devices, VolumeEnvironment environment, SimulationPlan plan, ReferenceModel model, SeededRandom random)
{
    private const uint DirectoryMode = 0x1ED; // 0755
    private const int PeacefulActions = 30;
    private const int ProbeBytes = 100_000;
    private const int SettleTriesMax = 100;

    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);

    private static readonly (Activity Activity, CrashPhase Phase)[] ActivityPhases =
    [
        (Activity.Commit, CrashPhase.JournalCommit), (Activity.Checkpoint, CrashPhase.Checkpoint), (Activity.Cleaning, CrashPhase.Cleaning),
        (Activity.Promotion, CrashPhase.Promotion), (Activity.Relocation, CrashPhase.Relocation), (Activity.ZoneReset, CrashPhase.ZoneReset),
        (Activity.Closing, CrashPhase.Closing),
    ];

    private readonly List<Client> _clients = [];
    private Volume? _volume;
    private VolumeState? _opening;
    private bool _isFormatting;

    public SeededWorld World => world;

    /// <summary>Actions of all clients so far.</summary>
    public long Actions => _clients.Sum(client => (long)client.Actions);

    /// <summary>What the engine is doing now, one bit for each <see cref="CrashPhase"/>.</summary>
    public uint FindPhases()
    {
        if (_volume is null)
        {
            return 1u << (int)(_isFormatting ? CrashPhase.Format : CrashPhase.Opening);
        }

        uint phases = 0;
        foreach ((Activity activity, CrashPhase phase) in ActivityPhases)
        {
            phases |= _volume.State.Activities.IsUnderWay(activity) ? 1u << (int)phase : 0;
        }

        return phases == 0 ? 1u << (int)CrashPhase.Work : phases;
    }

    public Task FormatAsync(bool force)
    {
        _isFormatting = true;
        var uuid = new byte[16];
        random.Fill(uuid);
        return Volume.FormatAsync(devices, new FormatOptions { Uuid = new Guid(uuid), Force = force }, environment, null, default);
    }

    /// <summary>Makes each client's directory, durably.</summary>
    public async Task MakeClientsAsync()
    {
        Volume volume = await OpenAsync();
        for (int i = 0; i < plan.Clients; i++)
        {
            string name = $"c{i}";
            Result<FileStatus> made = await volume.MakeDirectoryAsync(Volume.RootInode, Encoding.UTF8.GetBytes(name), DirectoryMode, default);
            Demand(made.IsOk, $"mkdir of /{name} gives {made.Error}");
            var root = new ModelNode(model.NextNode(), NodeKind.Directory) { Permissions = DirectoryMode };
            model.Clients.Add(new ClientModel(model, name, made.Value.Inode, root));
        }

        Errno error = await volume.SyncAsync();
        Demand(error == Errno.Ok, $"sync gives {error}");
        await volume.DisposeAsync();
        _volume = null;
    }

    /// <summary>Opens, and leaves the volume as it is then.</summary>
    public async Task OpenOnlyAsync() => await OpenAsync();

    /// <summary>Opens, judges what survived, lets the clients work, and closes. The power may fail anywhere.</summary>
    /// <param name="onStep">Told what is being done, for the message of a failure.</param>
    public async Task LiveAsync(int actions, Action<string> onStep)
    {
        onStep("opening");
        Volume volume = await OpenAsync();
        onStep("judging what survived");
        await JudgeAsync(volume);
        if (random.Chance(0.2))
        {
            onStep("check");
            await CheckAsync(volume);
        }

        onStep("work");
        await WorkAsync(volume, actions);
        if (random.Chance(0.1))
        {
            onStep("check");
            await CheckAsync(volume);
        }

        onStep("closing");
        await CloseAsync(volume);
    }

    /// <summary>Without faults everything must be in order, and stay so.</summary>
    /// <param name="deletesAll">Whether the clients leave nothing behind; then much can be written again.</param>
    public async Task LiveInPeaceAsync(bool deletesAll, Action<string> onStep)
    {
        onStep("opening");
        Volume volume = await OpenAsync();
        onStep("judging what survived");
        await JudgeAsync(volume);
        onStep("check");
        await CheckAsync(volume);
        onStep("work");
        await WorkAsync(volume, PeacefulActions);
        onStep("deleting");
        await DeleteAsync(deletesAll);

        onStep("settling");
        volume.StopScrub(); // a slow one holds the zone that it has come to
        await SettleAsync(volume, deletesAll);
        onStep("writing a last file");
        await ProbeAsync(volume, deletesAll ? plan.FullBytesMin : ProbeBytes);
        onStep("last check");
        await CheckAsync(volume);
        onStep("closing");
        await CloseAsync(volume);
    }

    /// <summary>The power has failed: nothing of the volume runs any more, but its memory outside the collector's reach would stay for ever.</summary>
    public void Abandon()
    {
        if (_volume is not null)
        {
            _volume.FreeMemory();
        }
        else
        {
            _opening?.Dispose();
        }
    }

    private async Task<Volume> OpenAsync()
    {
        _volume = await Volume.OpenAsync(devices, plan.Options, environment with { Begun = state => _opening = state }, default);
        _opening = null;
        return _volume;
    }

    private async Task JudgeAsync(Volume volume)
    {
        var survivors = new List<SurvivingNode>();
        foreach (ClientModel client in model.Clients)
        {
            Result<FileStatus> found = volume.Lookup(Volume.RootInode, Encoding.UTF8.GetBytes(client.Directory));
            Demand(found.IsOk, $"lookup of /{client.Directory} gives {found.Error}");
            survivors.Add(await new VolumeReader(volume, random, client.FarBlocks).ReadTreeAsync(found.Value.Inode));
        }

        int names = new VolumeReader(volume, random, []).ListDirectory(Volume.RootInode).Count;
        Demand(names == model.Clients.Count, $"the root holds {names} names instead of {model.Clients.Count}");
        string? damage = model.JudgeAndAdopt(survivors);
        Demand(damage is null, $"{damage}");
    }

    private async Task WorkAsync(Volume volume, int actions)
    {
        foreach (ClientModel client in model.Clients)
        {
            _clients.Add(new Client(volume, world, random.Fork((ulong)_clients.Count + 2), plan, model, client));
        }

        world.FindOverdue = () => _clients.Select(client => client.FindOverdue()).FirstOrDefault(overdue => overdue is not null);
        await Task.WhenAll(_clients.Select(client => RunAsync(client, actions)));
        string? failure = volume.GetVolumeStatus().Failure;
        Demand(failure is null, $"the volume has failed: {failure}");
    }

    private async Task RunAsync(Client client, int actions)
    {
        try
        {
            await client.RunAsync(actions);
            await client.CloseAllAsync();
        }
        catch (Exception failure)
        {
            // The other clients may never end after this.
            world.Fail(failure);
            throw;
        }
    }

    private static async Task CheckAsync(Volume volume)
    {
        CheckReport report = await volume.CheckAsync(null, default);
        Demand(report.Damage.Count == 0, $"check finds damage: {string.Join("; ", report.Damage)}");
        List<string> errors = Accounting.FindErrors(volume.State, isQuiet: false);
        Demand(errors.Count == 0, $"the counts are wrong: {string.Join("; ", errors)}");
    }

    /// <summary>Also where the clients may keep their files, these leave room for the last one: what they hold can be all that must fit.</summary>
    private async Task DeleteAsync(bool deletesAll)
    {
        foreach (Client client in _clients)
        {
            await client.DeleteFillAsync();
        }

        foreach (Client client in _clients.Where(_ => deletesAll || model.LiveBytes + ProbeBytes > plan.FullBytesMin))
        {
            await client.DeleteAllAsync();
        }
    }

    /// <summary>With nobody at work, all counts agree with the extents before long, what is dead is reset, and deleted bytes take no space.</summary>
    private async Task SettleAsync(Volume volume, bool isEmpty)
    {
        Errno error = await volume.SyncAsync();
        Demand(error == Errno.Ok, $"sync gives {error}");
        List<string> errors;
        int tried = 0;
        do
        {
            await world.DelayAsync(SettleTime);
            errors = Accounting.FindErrors(volume.State, isQuiet: true);
            SpaceUsage space = volume.GetSpace();
            if (isEmpty && space.FreeBlocks != space.TotalBlocks)
            {
                errors.Add($"{space.TotalBlocks - space.FreeBlocks} of {space.TotalBlocks} blocks are not free with all files deleted");
            }
        }
        while (errors.Count > 0 && ++tried < SettleTriesMax);
        Demand(errors.Count == 0, $"after {tried} times {SettleTime}: {string.Join("; ", errors)}; {SpaceInWords.Describe(volume)}");
    }

    /// <summary>A file can be written, made durable, read and removed.</summary>
    private async Task ProbeAsync(Volume volume, long size)
    {
        byte[] name = Encoding.UTF8.GetBytes("probe");
        var data = new byte[ProbeBytes];
        var back = new byte[ProbeBytes];
        Result<FileStatus> made = await volume.CreateAsync(Volume.RootInode, name, FileMode.S_IFREG | 0x1B6, 0, default);
        Demand(made.IsOk, $"creation gives {made.Error}");
        Result<ulong> handle = await volume.OpenFileAsync(made.Value.Inode, OpenFlags.Read | OpenFlags.Write);
        Demand(handle.IsOk, $"open gives {handle.Error}");
        random.Fill(data);
        for (long offset = 0; offset < size; offset += ProbeBytes)
        {
            for (int block = 0; block < data.Length; block += FileHistory.Block)
            {
                BitConverter.TryWriteBytes(data.AsSpan(block), offset + block); // no two blocks alike
            }

            Result<int> written = await volume.WriteAsync(handle.Value, offset, data, append: false, killSetId: false);
            Demand(written.IsOk, $"write at {offset} of {size} bytes that must fit gives {written.Error}; {SpaceInWords.Describe(volume)}");
        }

        Errno error = await volume.FsyncAsync(handle.Value, dataOnly: false);
        Demand(error == Errno.Ok, $"fsync gives {error}; {SpaceInWords.Describe(volume)}");
        Result<int> read = await volume.ReadAsync(handle.Value, (size - 1) / ProbeBytes * ProbeBytes, back);
        Demand(read.IsOk && data.AsSpan().SequenceEqual(back), $"read gives {read}, or other bytes");
        await volume.ReleaseAsync(handle.Value);
        error = await volume.UnlinkAsync(Volume.RootInode, name);
        Demand(error == Errno.Ok, $"unlink gives {error}");
    }

    private async Task CloseAsync(Volume volume)
    {
        await volume.DisposeAsync();
        _volume = null;

        // A clean close makes everything durable that was answered.
        model.RaiseFloor(model.TakeSyncPoint());
    }

    private static void Demand(bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref ViolationMessage violation)
    {
        if (!condition)
        {
            throw new SimulationException(violation.ToText());
        }
    }
}
