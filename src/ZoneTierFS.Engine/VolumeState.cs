using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using ZoneTierFS.Engine.Concurrency;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Moving;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine;

/// <summary>
/// What all rooms of the engine share: the state lock and everything that it guards. The lock is never held across I/O; `await` inside it does not compile.
/// </summary>
internal sealed class VolumeState : IDisposable
{
    private const int HeatEntriesMax = 1 << 15;

    private readonly bool[] _exhausted;
    private long _lastForeground;

    public VolumeState(SuperblockSet superblocks, IReadOnlyList<TierDevice> devices, DeviceZones[] zones, VolumeOptions options, VolumeEnvironment environment)
    {
        Superblocks = superblocks;
        Devices = devices;
        Zones = zones;
        _exhausted = new bool[zones.Length];
        LockOrder.AddInnermost(Gate);
        Options = options;
        Time = environment.Time;
        Log = environment.Log;
        Planted = environment.Planted;
        Pages = new PageStore(PageKind.Tree, 64);
        Journal = new RedoJournal(this);
        Copies = [.. Enumerable.Range(0, MetadataCopy.Count).Select(number => new MetadataCopy(this, number, MetadataCopy.DeviceOf(number, zones.Length)))];
        Checksums = new BlockChecksums(this);
        Checkpointer = new Checkpointer(this);
        Watch = new MediaWatch(this);
        Damage = new DamageRecords(this);
        Reclaimer = new ZoneReclaimer(this);
        Inodes = new InodeTable(this);
        Appender = new ZoneAppender(this, Reclaimer);
        Space = new SpaceLedger(this);
        Reader = new FileReader(this);
        ReadAhead = new ReadAhead(this);
        Placer = new Placer(this);
        WriteBack = new WriteBack(this, Placer);
        JournalBytesMax = Math.Min(options.JournalBytesMax, zones[0].Device.Geometry.ZoneCapacity * zones[0].Count / 16);
        zones[0].JournalZonesMax = (int)(JournalBytesHardMax / zones[0].Device.Geometry.ZoneCapacity) + 2;
        Heat = new HeatTable(HeatEntriesMax);
        Classifier = new Classifier(options.ClassRules);
        environment.Begun?.Invoke(this);
    }

    /// <summary>The state lock: innermost of all locks.</summary>
    public Lock Gate { get; } = new();

    public SuperblockSet Superblocks { get; }
    public Guid Uuid => Superblocks.Uuid;
    public IReadOnlyList<TierDevice> Devices { get; }
    public DeviceZones[] Zones { get; }
    public VolumeOptions Options { get; }
    public TimeProvider Time { get; }
    public ILogger Log { get; }
    public PlantedBug Planted { get; }
    public PageStore Pages { get; }
    public RedoJournal Journal { get; }
    public BlockChecksums Checksums { get; }

    /// <summary>Where the pages of both lie on media, twice.</summary>
    public MetadataCopy[] Copies { get; }
    public Checkpointer Checkpointer { get; }
    public MediaWatch Watch { get; }
    public DamageRecords Damage { get; }
    public ZoneReclaimer Reclaimer { get; }
    public ZoneAppender Appender { get; }
    public InodeTable Inodes { get; }
    public SpaceLedger Space { get; }
    public FileReader Reader { get; }
    public ReadAhead ReadAhead { get; }
    public Placer Placer { get; }
    public WriteBack WriteBack { get; }

    /// <summary>Journal length at which a checkpoint is due, bytes.</summary>
    public long JournalBytesMax { get; }

    /// <summary>Journal length at which changes wait for the checkpoint, bytes.</summary>
    public long JournalBytesHardMax => JournalBytesMax + JournalBytesMax / 2;
    public HeatTable Heat { get; }
    public Classifier Classifier { get; }
    public VolumeCounters Counters { get; } = new();
    public Activities Activities { get; } = new();

    /// <summary>The tree with its log, and the extent map over it; there from recovery on.</summary>
    [AllowNull]
    public MetadataItems Items { get; private set; }

    [AllowNull]
    public ExtentMap Extents { get; private set; }

    [AllowNull]
    public Namespace.Directory Names { get; private set; }

    [AllowNull]
    public XattrStore Xattrs { get; private set; }

    [AllowNull]
    public AccessControlLists Lists { get; private set; }

    [AllowNull]
    public Privileges Privileges { get; private set; }

    /// <summary>Inodes without a name that a crash left behind.</summary>
    public List<ulong> Orphans { get; } = [];

    /// <summary>What the volume says that cannot be; empty when it may be written to.</summary>
    public ImpossibleItems Impossible { get; } = new();

    public MoveRequests MoveRequests { get; } = new();

    public ItemTree Tree => Items.Tree;

    public ulong NextInode { get; set; } = Volume.RootInode + 1;

    /// <summary>The same as recovery read it, before it looked at the inodes that there are.</summary>
    public ulong RecordedNextInode { get; set; }

    public long InodeCount { get; set; }

    /// <summary>The cleaner looked at every zone of the device and found nothing to free.</summary>
    public bool IsCleaningExhausted(DeviceZones zones) => _exhausted[zones.Index];

    public void SetCleaningExhausted(DeviceZones zones, bool exhausted)
    {
        _exhausted[zones.Index] = exhausted;
        if (exhausted) Reclaimer.Freed.Set();
    }

    /// <summary>What recovery found wrong with the journal, where it went on all the same; null where there was nothing.</summary>
    public string? JournalDamage { get; set; }

    /// <summary>Why nothing can be written any more; null while all is well.</summary>
    public string? Failure { get; private set; }

    /// <summary>Writers that wait for an empty zone right now; cleaning is in a hurry then.</summary>
    public int CleaningWaiters { get; set; }

    /// <summary>Nanoseconds since the Unix epoch.</summary>
    public long Now => (Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>When a program last asked for bytes: the mover keeps still for a moment then.</summary>
    public long LastForeground => Volatile.Read(ref _lastForeground);

    public void NoteForeground() => Volatile.Write(ref _lastForeground, Time.GetTimestamp());

    public void AttachTree(ItemTree tree)
    {
        Items = new MetadataItems(tree, Journal);
        Extents = new ExtentMap(Items, Zones);
        Names = new Namespace.Directory(Items);
        Xattrs = new XattrStore(Items);
        Lists = new AccessControlLists(Xattrs);
        Privileges = new Privileges(Xattrs);
    }

    /// <summary>The appended blocks are entered, or given up: their zone may be reset when nothing in it is live.</summary>
    public void Unpin(Location at)
    {
        lock (Gate)
        {
            ref var zone = ref Zones[at.Device][at.Zone];
            Invariant.Holds(zone.Pins > 0, "a pin is taken back once");
            zone.Pins--;
        }
    }

    /// <summary>Stops all writing: what is durable stays, reads go on, and every later write, fsync and change says EIO.</summary>
    public void Fail(string reason)
    {
        if (Failure is not null) return;
        Failure = reason;
        StateLog.VolumeFailed(Log, reason);
        Reclaimer.Freed.Set();
    }

    public void Dispose()
    {
        WriteBack.Dispose();
        ReadAhead.Dispose();
        Journal.Dispose();
        Space.Dispose();
        Checkpointer.Dispose();
        Checksums.Dispose();
        Pages.Dispose();
        foreach (var copy in Copies) copy.Dispose();
        LockOrder.RemoveInnermost(Gate);
    }
}
