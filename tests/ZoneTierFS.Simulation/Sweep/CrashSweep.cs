using System.Text;
using ZoneTierFS.Engine;
using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>
/// Looks at what a power cut would leave, at many moments of a life, without the life noticing: the power fails in copies of the media, a volume is recovered
/// from them, and the model judges it. Names, attributes and sizes are judged at each point; bytes of the files that changed of late, too; and all bytes at one
/// of <see cref="WholeOneOf"/>. At one of <see cref="WritableOneOf"/> the volume is opened for writing, its own power fails on the way, and what that leaves is
/// judged: two crashes in a row.
/// </summary>
internal sealed class CrashSweep(SeedRunParts parts, SeededRandom random)
{
    private const int MixesMax = 3;
    private const int WholeOneOf = 16;
    private const int WritableOneOf = 24;
    private const int RecoveryOperationsMax = 60;

    private readonly SeededRandom _random = random;
    private long _mediaVersion = -1;
    private long _promises = -1;
    private bool _isLooking;

    /// <summary>Points looked at so far.</summary>
    public long Points { get; private set; }

    public PhaseCounts Phases { get; } = new();

    /// <summary>The life before this one ended with a power cut.</summary>
    public bool IsAfterCrash { get; set; }

    /// <summary>The moment has come at which something changed on the media, or may have.</summary>
    public void NoteMoment(Life life)
    {
        long version = parts.Media.Sum(medium => medium.Version);
        bool isNews = version != _mediaVersion || parts.Model.Promises != _promises;
        if (_isLooking || !isNews || _random.Next(parts.Options.SweepOneOf) != 0)
        {
            return;
        }

        _mediaVersion = version;
        _promises = parts.Model.Promises;
        _isLooking = true;
        try
        {
            for (int mix = _random.Between(1, MixesMax); mix > 0; mix--)
            {
                Look(life);
                Points++;
                Phases.Add(life.FindPhases() | (IsAfterCrash ? 1u << (int)CrashPhase.AfterCrash : 0));
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            var found = new SimulationException($"had the power failed at step {life.World.Steps}, crash point {Points + 1}: {failure.Message}", failure);
            life.World.Fail(found);
            throw found;
        }
        finally
        {
            _isLooking = false;
        }
    }

    private void Look(Life life)
    {
        bool isWritable = _random.Next(WritableOneOf) == 0;
        FaultyMedium[] media = Array.ConvertAll(parts.Media, medium => medium.Fork(isWritable));
        CutPower(media);
        if (isWritable)
        {
            RecoverThroughCrash(media, life);
            CutPower(media);
        }

        var devices = new TierDevice[media.Length];
        for (int i = 0; i < media.Length; i++)
        {
            devices[i] = new TierDevice(parts.Plan.Tiers[i].Name, new SettledDevice(media[i]));
        }

        // Nothing in it has to wait for anything: what does not end at once never will.
        Task look = LookAsync(devices, life);
        if (!look.IsCompleted)
        {
            throw new SimulationException("a volume opened for reading waits for something");
        }

        look.GetAwaiter().GetResult();
    }

    private void CutPower(FaultyMedium[] media)
    {
        foreach (FaultyMedium medium in media)
        {
            medium.CutPower(_random);
        }
    }

    /// <summary>Opens for writing in a world of its own; the power fails on the way, or else when it is open.</summary>
    private void RecoverThroughCrash(FaultyMedium[] media, Life life)
    {
        var world = new SeededWorld(_random.Fork((ulong)Points), new WorldTrace(null), life.World.Time.Elapsed);
        var power = new PowerSwitch(world, _random.Between(1, RecoveryOperationsMax));
        var knobs = new FaultKnobs { HidesEpochs = parts.Plan.Knobs.HidesEpochs };
        TierDevice[] devices = [.. parts.Plan.Tiers.Select((tier, i) =>
            new TierDevice(tier.Name, new FaultyZonedDevice(tier.Name, media[i], world, power, knobs)))];
        var next = new Life(world, devices, parts.Quiet(world.Time), parts.Plan, parts.Model, _random.Fork((ulong)Points + 1));
        world.Run(next.OpenOnlyAsync);
        next.Abandon();
    }

    private async Task LookAsync(TierDevice[] devices, Life life)
    {
        LockOrder.Forget(); // those that the volume under work holds are not this one's
        await using Volume volume = await Volume.OpenAsync(devices, parts.ReadOnlyOptions, parts.Quiet(life.World.Time), default);
        bool isWhole = _random.Next(WholeOneOf) == 0;
        var survivors = new List<SurvivingNode>();
        foreach (ClientModel client in parts.Model.Clients)
        {
            Result<FileStatus> found = volume.Lookup(Volume.RootInode, Encoding.UTF8.GetBytes(client.Directory));
            if (!found.IsOk)
            {
                throw new SimulationException($"lookup of /{client.Directory} gives {found.Error}");
            }

            Dictionary<ulong, FileHistory> settled = isWhole ? [] : FindSettled(client);
            var reader = new VolumeReader(volume, _random, client.FarBlocks) { WantsBytes = inode => !settled.ContainsKey(inode) };
            survivors.Add(await reader.ReadTreeAsync(found.Value.Inode));
        }

        if (parts.Model.FindDamage(survivors) is string damage)
        {
            throw new SimulationException(damage);
        }
    }

    /// <summary>Files whose bytes have been durable for long.</summary>
    private static Dictionary<ulong, FileHistory> FindSettled(ClientModel client)
    {
        var settled = new Dictionary<ulong, FileHistory>();
        foreach ((int id, FileHistory history) in client.Files)
        {
            if (history.IsRecent)
            {
                history.NoteLook();
            }
            else if (client.Inodes.TryGetValue(id, out ulong inode))
            {
                settled[inode] = history;
            }
        }

        return settled;
    }
}
