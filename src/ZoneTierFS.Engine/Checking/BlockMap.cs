using System.Numerics;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Checking;

/// <summary>
/// One bit for each block of the devices: which belong to a file. It is all that a check remembers of the extents, 32 MiB for each terabyte in use, and gives
/// them back in the order in which they lie on the medium.
/// </summary>
internal sealed class BlockMap(DeviceZones[] zones)
{
    private const int BlocksPerWord = 64;

    private readonly ulong[]?[][] _words = [.. zones.Select(device => new ulong[]?[device.Count])];

    public long Count { get; private set; }

    /// <summary>Marks the blocks; those that were marked already are told, run by run.</summary>
    public void Mark(Location at, uint count, Action<BlockRun> twice)
    {
        var words = _words[at.Device][at.Zone] ??= new ulong[(zones[at.Device].CapacityBlocks + BlocksPerWord - 1) / BlocksPerWord];
        var end = at.Block + count;
        for (var block = at.Block; block < end;)
        {
            var first = (int)(block % BlocksPerWord);
            var length = (int)Math.Min(end - block, (uint)(BlocksPerWord - first));
            var mask = (length == BlocksPerWord ? ulong.MaxValue : (1ul << length) - 1) << first;
            ref var word = ref words[block / BlocksPerWord];
            var again = word & mask;
            if (again != 0) TellRuns(at, block - (uint)first, again, twice);
            Count += BitOperations.PopCount(mask & ~word);
            word |= mask;
            block += (uint)length;
        }
    }

    /// <summary>The next run of marked blocks of a zone, at most so many; false where there is none from a block on.</summary>
    public bool TryNext(int device, int zone, uint from, uint countMax, out BlockRun run)
    {
        run = default;
        if (_words[device][zone] is not { } words) return false;
        var end = (uint)words.Length * BlocksPerWord;
        while (from < end && !IsMarked(words, from))
        {
            // Whole words of nothing are passed over at once.
            from = words[from / BlocksPerWord] >> (int)(from % BlocksPerWord) == 0 ? (from / BlocksPerWord + 1) * BlocksPerWord : from + 1;
        }
        if (from >= end) return false;
        var count = 1u;
        while (count < countMax && from + count < end && IsMarked(words, from + count)) count++;
        run = new BlockRun(device, zone, from, count);
        return true;
    }

    private static bool IsMarked(ulong[] words, uint block) => (words[block / BlocksPerWord] >> (int)(block % BlocksPerWord) & 1) != 0;

    private static void TellRuns(Location at, uint wordStart, ulong bits, Action<BlockRun> twice)
    {
        while (bits != 0)
        {
            var first = BitOperations.TrailingZeroCount(bits);
            var length = BitOperations.TrailingZeroCount(~(bits >> first));
            twice(new BlockRun(at.Device, at.Zone, wordStart + (uint)first, (uint)length));
            bits &= first + length >= BlocksPerWord ? 0 : ulong.MaxValue << (first + length);
        }
    }
}
