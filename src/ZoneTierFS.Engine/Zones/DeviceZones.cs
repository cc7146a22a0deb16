using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Engine.Zones;

/// <summary>The zones of one device and what they serve. Everything here is read and changed under the state lock.</summary>
internal sealed class DeviceZones
{
    public const int BlockSize = 4096;
    public const int SuperblockZones = 2;

    /// <summary>Reverse maps that are kept for the next zones: one for each of the usual streams.</summary>
    private const int SpareReverseMax = 4;

    /// <summary>Empty zones that only checkpoints may take, for each copy of the metadata on the device, and one for all.</summary>
    private const int CheckpointReserve = 2;

    /// <summary>Empty zones that users leave to the mover.</summary>
    private const int MoveReserve = 3;

    private readonly ZoneInfo[] _zones;
    private readonly Queue<int> _free = new();
    private readonly Dictionary<int, List<ReverseEntry>> _reverse = [];
    private readonly Stack<List<ReverseEntry>> _spareReverse = new();
    private int _unusable;
    private bool _mayHaveTrouble;

    /// <param name="deviceCount">Devices of the volume.</param>
    public DeviceZones(int index, TierDevice tier, IReadOnlyList<ZoneReport> reports, int deviceCount)
    {
        Index = index;
        MetadataCopies = MetadataCopy.CountOn(index, deviceCount);
        Tier = tier.Tier;
        Device = tier.Device;
        var geometry = tier.Device.Geometry;
        CapacityBlocks = checked((uint)(geometry.ZoneCapacity / BlockSize));
        AppendBlocksMax = Math.Max(1, geometry.AppendBytesMax / BlockSize);
        _zones = new ZoneInfo[geometry.ZoneCount];
        foreach (var report in reports) Adopt(report);
        var slots = SlotsFor(geometry, FixedZones(index, deviceCount));
        UserSlots = Math.Min(slots, StreamKey.Count);
        Temperatures = new Temperatures(this, slots - UserSlots);
    }

    public int Index { get; }
    public string Tier { get; }
    public IZonedDevice Device { get; }
    public uint CapacityBlocks { get; }
    public int AppendBlocksMax { get; }

    /// <summary>
    /// Blocks of a zone that live data can count on. The rest is for its footer, for ends that no append fits, and for a bargain: a zone with fewer live blocks
    /// is worth cleaning, so that while no more than this is promised for each zone, some zone always is.
    /// </summary>
    public uint DataBlocks => CapacityBlocks - Math.Max(2, CapacityBlocks / 64) - Math.Max(2, CapacityBlocks / 32);
    public int Count => _zones.Length;

    /// <summary>Zones of the journal now, and the most that it may come to have; those not taken yet are kept free.</summary>
    public int JournalZones { get; set; }
    public int JournalZonesMax { get; set; }

    /// <summary>Zones that users can never count on, pages of checkpoints left aside: one of them is the mover's open one.</summary>
    public int ZonesNotForUsers => SuperblockZones + MoveReserve + 1 + ReserveForCheckpoints + (IsFast ? JournalZonesMax : 0);

    /// <summary>Copies of the metadata that the device holds.</summary>
    public int MetadataCopies { get; }

    private int ReserveForCheckpoints => MetadataCopies == 0 ? 0 : CheckpointReserve * MetadataCopies + 1;

    /// <summary>Streams for what users write anew, by class or lifetime.</summary>
    public int UserSlots { get; }

    /// <summary>What replaces stored blocks has streams of its own.</summary>
    public Temperatures Temperatures { get; }

    /// <summary>Zones that user streams may hold open at once; one more is the mover's.</summary>
    public int StreamCount => UserSlots + Temperatures.Levels;

    /// <summary>What the device has taken since the mount, by cause.</summary>
    public WriteMeter Meter { get; } = new();

    /// <summary>Data that was appended and that no flush has made durable yet.</summary>
    public long UnflushedBlocks { get; set; }

    public long LiveBlocks { get; private set; }
    public long PromotedBlocks { get; private set; }

    /// <summary>Those of <see cref="LiveBlocks"/> that are pages of checkpoints.</summary>
    public long MetadataBlocks { get; private set; }

    /// <summary>Those of <see cref="MetadataBlocks"/> that the newest published checkpoint names; while the next one is written, there are both.</summary>
    public long CheckpointBlocks { get; private set; }

    /// <summary>Zones that nothing can be appended to any more, those of superblocks left aside; all of a lost device.</summary>
    public int UnusableCount => IsLost ? Count : _unusable;

    /// <summary>Live blocks of files in offline zones: they take no space that anybody could have.</summary>
    public long UnreachableBlocks { get; private set; }

    /// <summary>The device answers no more. Nothing is appended to it until the next mount; reads are tried.</summary>
    public bool IsLost { get; set; }

    public ulong Resets { get; private set; }
    public int FreeCount => IsLost ? 0 : _free.Count;

    public ref ZoneInfo this[int zone] => ref _zones[zone];

    public bool IsFast => Index == 0;

    /// <summary>Open zones that the device can bear for data, or fewer where it needs none more: superblock, journal and metadata zones come first.</summary>
    private static int SlotsFor(ZonedGeometry geometry, int fixedZones)
    {
        var limit = Math.Min(Or(geometry.MaxOpenZones), Or(geometry.MaxActiveZones));
        return Math.Clamp(limit - fixedZones - 1, 1, StreamKey.Count + Temperatures.LevelsMax);

        static int Or(int value) => value == 0 ? int.MaxValue : value;
    }

    /// <summary>The slot of a user stream: its own where there is one for each class, otherwise that of its lifetime.</summary>
    public int SlotOf(StreamKey stream) => stream.Fold(UserSlots);

    /// <summary>The slot of a target: that of its temperature where it has one.</summary>
    public int SlotOf(PlacementTarget target) =>
        target.Temperature >= 0 && Temperatures.Levels > 0 ? UserSlots + Math.Min(target.Temperature, Temperatures.Levels - 1) : SlotOf(target.Stream);

    /// <summary>Zones that are open beside those for data: the superblock's, the journal's, and one for each copy of the metadata.</summary>
    private static int FixedZones(int index, int deviceCount) => 1 + (index == 0 ? 1 : 0) + MetadataCopy.CountOn(index, deviceCount);

    /// <summary>Zones that a device must let be open: one for users and one for the mover, too.</summary>
    public static int ZonesOpenMin(int index, int deviceCount) => FixedZones(index, deviceCount) + 2;

    private void Adopt(ZoneReport report)
    {
        ref var zone = ref _zones[report.Zone.Index];
        zone.Written = (uint)(report.WritePointer / BlockSize);
        zone.Use = report.Condition switch
        {
            ZoneCondition.ReadOnly or ZoneCondition.Offline => ZoneUse.Unusable,
            _ when report.Zone.Index < SuperblockZones => ZoneUse.Superblock,
            ZoneCondition.Empty => ZoneUse.Free,
            ZoneCondition.Full => ZoneUse.Full,
            _ => zone.Written == 0 ? ZoneUse.Free : ZoneUse.Open,
        };
        if (zone.Use == ZoneUse.Full) zone.Written = CapacityBlocks;
        if (zone.Use == ZoneUse.Unusable) MarkUnusable(report.Zone.Index, HealthOf(report.Condition));
    }

    public static ZoneHealth HealthOf(ZoneCondition condition) => condition switch
    {
        ZoneCondition.ReadOnly => ZoneHealth.ReadOnly,
        ZoneCondition.Offline => ZoneHealth.Offline,
        _ => ZoneHealth.Good,
    };

    /// <summary>Nothing is appended to the zone or reset any more; what lies in it goes on serving what it serves. True when this is news.</summary>
    public bool MarkUnusable(int zone, ZoneHealth health)
    {
        ref var info = ref _zones[zone];
        if (info.Health >= health) return false;
        if (info.Health == ZoneHealth.Good && zone >= SuperblockZones) _unusable++;
        if (health == ZoneHealth.Offline && info.Use != ZoneUse.Metadata) UnreachableBlocks += info.Live - info.Promoted;
        if (info.Use == ZoneUse.Free) RemoveFree(zone);
        info.Use = info.Use switch { ZoneUse.Free => ZoneUse.Unusable, ZoneUse.Open => ZoneUse.Full, var use => use };
        // Where such a zone's pointer stood is not to be had: whatever is read beyond it fails its checksum. An append under way still needs the old one.
        if (!info.Owned) info.Written = CapacityBlocks;
        info.Health = health;
        info.Damaged = false;
        _mayHaveTrouble = true;
        return true;
    }

    /// <summary>Scrubbing met read errors in the zone.</summary>
    public void MarkFailing(int zone)
    {
        ref var info = ref _zones[zone];
        if (info.Failing) return;
        info.Failing = true;
        info.Damaged = false;
        _mayHaveTrouble = true;
    }

    /// <summary>A zone with live data of files that must be brought elsewhere or, where it is offline, given up; tried until it is marked damaged.</summary>
    public bool TryFindTrouble(out int zone)
    {
        zone = -1;
        if (!_mayHaveTrouble || IsLost) return false;
        for (zone = SuperblockZones; zone < _zones.Length; zone++)
        {
            ref var info = ref _zones[zone];
            if (info is { Use: ZoneUse.Full or ZoneUse.Unusable, Damaged: false, Live: > 0 }
                && (info.Failing || info.Health != ZoneHealth.Good)) return true;
        }
        return false;
    }

    /// <summary>Whether it makes sense to try.</summary>
    public bool CanRead(int zone) => !IsLost && _zones[zone].Health != ZoneHealth.Offline;

    private void RemoveFree(int zone)
    {
        for (var left = _free.Count; left > 0; left--)
            if (_free.Dequeue() is var free && free != zone) _free.Enqueue(free);
    }

    /// <summary>Lines the empty zones up, the whole device's turn by turn, so that wear spreads. Call once, after recovery has named all uses.</summary>
    public void CollectFree()
    {
        for (var zone = SuperblockZones; zone < _zones.Length; zone++)
            if (_zones[zone].Use == ZoneUse.Free) _free.Enqueue(zone);
    }

    public int KeepFree(ZonePurpose purpose)
    {
        var reserve = ReserveForCheckpoints + (IsFast ? Math.Max(0, JournalZonesMax - JournalZones) : 0);
        return purpose switch
        {
            ZonePurpose.Metadata => 0,
            ZonePurpose.Move => reserve,
            ZonePurpose.Alike => reserve + MoveReserve - 1,
            _ => reserve + MoveReserve,
        };
    }

    public bool TryTake(ZonePurpose purpose, ZoneUse use, out int zone)
    {
        zone = -1;
        if (FreeCount <= KeepFree(purpose)) return false;
        zone = _free.Dequeue();
        ref var info = ref _zones[zone];
        Invariant.Holds(info is { Use: ZoneUse.Free, Live: 0, Pins: 0 }, "a free zone holds nothing");
        info = new ZoneInfo { Use = use };
        return true;
    }

    /// <summary>The pages that are live now are those of a published checkpoint.</summary>
    public void PublishMetadata() => CheckpointBlocks = MetadataBlocks;

    public void AddLive(int zone, uint blocks, bool promoted)
    {
        if (zone < SuperblockZones) return; // lost bytes take no place
        ref var info = ref _zones[zone];
        info.Live += blocks;
        LiveBlocks += blocks;
        if (info.Use == ZoneUse.Metadata) MetadataBlocks += blocks;
        else if (info.Health == ZoneHealth.Offline && !promoted) UnreachableBlocks += blocks;
        if (!promoted) return;
        info.Promoted += blocks;
        PromotedBlocks += blocks;
    }

    /// <param name="sequence">The journal batch that holds the record which drops the blocks.</param>
    public void DropLive(int zone, uint blocks, bool promoted, ulong sequence)
    {
        if (zone < SuperblockZones) return; // see AddLive
        ref var info = ref _zones[zone];
        Invariant.Holds(info.Live >= blocks, "no more blocks are freed than were live");
        info.Live -= blocks;
        Name(zone, sequence);
        LiveBlocks -= blocks;
        if (info.Use == ZoneUse.Metadata) MetadataBlocks -= blocks;
        else if (info.Health == ZoneHealth.Offline && !promoted) UnreachableBlocks -= blocks;
        if (!promoted) return;
        info.Promoted -= blocks;
        PromotedBlocks -= blocks;
    }

    /// <summary>A batch of the journal names blocks of the zone.</summary>
    public void Name(int zone, ulong sequence) => _zones[zone].NamedSequence = Math.Max(_zones[zone].NamedSequence, sequence);

    /// <summary>
    /// A zone that may be reset now: nothing live, nobody reading or appending, and the freeing confirmed (a reset cannot be undone by recovery).
    /// </summary>
    public bool TryFindDead(ulong confirmedSequence, out int zone)
    {
        for (zone = SuperblockZones; zone < _zones.Length && !IsLost; zone++)
        {
            ref var info = ref _zones[zone];
            if (info is { Live: 0, Pins: 0, Owned: false, Health: ZoneHealth.Good, Use: ZoneUse.Full or ZoneUse.Open or ZoneUse.Metadata }
                && info.NamedSequence <= confirmedSequence)
                return true;
        }
        return false;
    }

    public void MarkReset(int zone)
    {
        ref var info = ref _zones[zone];
        Invariant.Holds(info is { Live: 0, Pins: 0 }, "only a dead zone is reset");
        info = default;
        DropReverse(zone);
        _free.Enqueue(zone);
        Resets++;
    }

    public void AddReverse(int zone, ReverseEntry entry)
    {
        if (!_reverse.TryGetValue(zone, out var entries)) _reverse[zone] = entries = _spareReverse.TryPop(out var spare) ? spare : [];
        if (entries.Count > 0)
        {
            var last = entries[^1];
            if (last.Inode == entry.Inode && last.FileBlock + last.Count == entry.FileBlock && last.ZoneBlock + last.Count == entry.ZoneBlock)
            {
                entries[^1] = last with { Count = last.Count + entry.Count };
                return;
            }
        }
        entries.Add(entry);
    }

    /// <summary>What the zone's footer says need not stay in memory.</summary>
    public void DropReverse(int zone)
    {
        if (!_reverse.Remove(zone, out var entries) || _spareReverse.Count == SpareReverseMax) return;
        entries.Clear();
        _spareReverse.Push(entries);
    }

    public IReadOnlyList<ReverseEntry> Reverse(int zone) => _reverse.TryGetValue(zone, out var entries) ? entries : [];
}
