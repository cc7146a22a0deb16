using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Devices;

/// <summary>
/// Keeps a <see cref="ZoneTable"/> in a region image: blocks of 127 entries, two copies of each. A change goes into the older copy, so a write that is torn by
/// a power cut leaves the newer one whole. README.md specifies the bytes. Not safe to use from two threads at once.
/// </summary>
internal sealed partial class ZoneTableStore : IDisposable
{
    public const int BlockSize = 4096;
    public const int ZonesPerBlock = (BlockSize - EntriesAt) / EntrySize;

    private const int ChecksumAt = 0, IndexAt = 4, GenerationAt = 8, UuidAt = 16, EntriesAt = 32, EntrySize = 32;
    private const int PointerAt = 0, EpochAt = 8, ConditionAt = 16;

    private readonly NativeFile _file;
    private readonly string _path;
    private readonly RegionHeader _header;
    private readonly StoredBlock[] _blocks;
    private readonly List<PendingBlock> _pending = [];
    private readonly AlignedMemory _buffer = new(2 * BlockSize);
    private readonly ZoneState[] _states = new ZoneState[ZonesPerBlock];

    public ZoneTableStore(NativeFile file, string path, RegionHeader header)
    {
        _file = file;
        _path = path;
        _header = header;
        _blocks = new StoredBlock[BlockCount(header.Geometry.ZoneCount)];
    }

    public static int BlockCount(int zoneCount) => (zoneCount + ZonesPerBlock - 1) / ZonesPerBlock;

    /// <summary>Reads every block's newest valid copy.</summary>
    /// <exception cref="DeviceException">EIO: a block is damaged in both copies.</exception>
    public ZoneState[] Load(ILogger logger)
    {
        var zones = new ZoneState[_header.Geometry.ZoneCount];
        for (var block = 0; block < _blocks.Length; block++)
        {
            var first = block * ZonesPerBlock;
            LoadBlock(block, zones.AsSpan(first, Math.Min(ZonesPerBlock, zones.Length - first)), logger);
        }
        return zones;
    }

    /// <summary>Writes both copies of every block, all zones empty.</summary>
    public Errno WriteEmpty()
    {
        _states.AsSpan().Fill(new ZoneState { Condition = ZoneCondition.Empty });
        for (var block = 0; block < _blocks.Length; block++)
        {
            var count = Math.Min(ZonesPerBlock, _header.Geometry.ZoneCount - block * ZonesPerBlock);
            for (var copy = 0; copy < 2; copy++)
            {
                var bytes = _buffer.GetSpan().Slice(copy * BlockSize, BlockSize);
                Encode(bytes, block, generation: (ulong)copy + 1, _states.AsSpan(0, count));
            }
            var error = _file.WriteAt(_buffer.GetSpan(), CopyOffset(block, 0));
            if (error != Errno.Ok)
                return error;
        }
        return Errno.Ok;
    }

    /// <summary>Writes the blocks that changed since the last <see cref="Confirm"/> into their older copies. Not durable yet: a sync must follow.</summary>
    public Errno WriteChanged(ZoneTable zones)
    {
        _pending.Clear();
        var bytes = _buffer.GetSpan()[..BlockSize];
        for (var block = 0; block < _blocks.Length; block++)
        {
            ref readonly var stored = ref _blocks[block];
            if (zones.GroupChangedAt(block) == stored.ChangedAt)
                continue;
            var changedAt = zones.CopyGroup(block, _states, out var count);
            var next = new StoredBlock(stored.Generation + 1, 1 - stored.Copy, changedAt);
            Encode(bytes, block, next.Generation, _states.AsSpan(0, count));
            var error = _file.WriteAt(bytes, CopyOffset(block, next.Copy));
            if (error != Errno.Ok)
                return error;
            _pending.Add(new PendingBlock(block, next));
        }
        return Errno.Ok;
    }

    /// <summary>
    /// After the sync: what was written is durable, so its copies are the newer ones from here on. Before that they must not be, or the next write would hit
    /// the only copy that is surely whole.
    /// </summary>
    public void Confirm()
    {
        foreach (var (block, stored) in _pending)
            _blocks[block] = stored;
        _pending.Clear();
    }

    public void Dispose() => ((IDisposable)_buffer).Dispose();

    private void LoadBlock(int block, Span<ZoneState> into, ILogger logger)
    {
        var bytes = _buffer.GetSpan();
        var read = _file.ReadAt(bytes, CopyOffset(block, 0));
        if (!read.IsOk)
            throw new DeviceException(read.Error, $"Reading the zone table of '{_path}' failed: {read.Error}.");
        ulong newest = 0;
        var newestCopy = -1;
        for (var copy = 0; copy < 2; copy++)
        {
            if (!TryDecode(bytes.Slice(copy * BlockSize, BlockSize), block, _states.AsSpan(0, into.Length), out var generation))
            {
                LogDamagedCopy(logger, copy, block, _path);
                continue;
            }
            if (newestCopy >= 0 && generation < newest)
                continue;
            (newest, newestCopy) = (generation, copy);
            _states.AsSpan(0, into.Length).CopyTo(into);
        }
        if (newestCopy < 0)
        {
            var first = block * ZonesPerBlock;
            throw new DeviceException(Errno.EIO,
                $"The zone table of '{_path}' is damaged: both copies of block {block} (zones {first} to {first + into.Length - 1}) fail their checksums.");
        }
        _blocks[block] = new StoredBlock(newest, newestCopy, ChangedAt: 0);
    }

    private void Encode(Span<byte> bytes, int block, ulong generation, ReadOnlySpan<ZoneState> zones)
    {
        bytes.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(bytes[IndexAt..], block);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[GenerationAt..], generation);
        _header.Uuid.TryWriteBytes(bytes[UuidAt..], bigEndian: true, out _);
        for (var i = 0; i < zones.Length; i++)
        {
            var entry = bytes.Slice(EntriesAt + i * EntrySize, EntrySize);
            BinaryPrimitives.WriteInt64LittleEndian(entry[PointerAt..], zones[i].Written);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[EpochAt..], zones[i].Epoch);
            entry[ConditionAt] = (byte)zones[i].SettledCondition;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumAt..], Crc32C.Compute(bytes[IndexAt..]));
    }

    /// <returns>False for a torn or foreign block: a wrong checksum, another image's uuid, another block's place, or entries that cannot be.</returns>
    private bool TryDecode(ReadOnlySpan<byte> bytes, int block, Span<ZoneState> zones, out ulong generation)
    {
        generation = BinaryPrimitives.ReadUInt64LittleEndian(bytes[GenerationAt..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]) != Crc32C.Compute(bytes[IndexAt..]))
            return false;
        if (BinaryPrimitives.ReadInt32LittleEndian(bytes[IndexAt..]) != block || new Guid(bytes.Slice(UuidAt, 16), bigEndian: true) != _header.Uuid)
            return false;
        for (var i = 0; i < zones.Length; i++)
        {
            var entry = bytes.Slice(EntriesAt + i * EntrySize, EntrySize);
            zones[i] = new ZoneState
            {
                Written = BinaryPrimitives.ReadInt64LittleEndian(entry[PointerAt..]),
                Epoch = BinaryPrimitives.ReadUInt64LittleEndian(entry[EpochAt..]),
                Condition = (ZoneCondition)entry[ConditionAt],
            };
            if (!IsPossible(zones[i]))
                return false;
        }
        return true;
    }

    private bool IsPossible(in ZoneState zone)
    {
        var geometry = _header.Geometry;
        return zone.Written >= 0 && zone.Written <= geometry.ZoneCapacity && zone.Written % geometry.BlockSize == 0
            && zone.Condition == zone.SettledCondition && (zone.Written < geometry.ZoneCapacity || zone.Condition == ZoneCondition.Full);
    }

    private long CopyOffset(int block, int copy) => _header.TableOffset + (2L * block + copy) * BlockSize;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Copy {Copy} of block {Block} of the zone table of '{Path}' is damaged; the other copy is used.")]
    private static partial void LogDamagedCopy(ILogger logger, int copy, int block, string path);

    /// <summary>What is known to be durable of a block: the generation and place of its newer copy, and the latest change in it.</summary>
    private readonly record struct StoredBlock(ulong Generation, int Copy, long ChangedAt);

    private readonly record struct PendingBlock(int Block, StoredBlock Stored);
}
