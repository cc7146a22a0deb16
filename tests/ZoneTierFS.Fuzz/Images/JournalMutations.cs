using System.Buffers.Binary;
using ZoneTierFS.Engine.Format;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>Changes what a journal batch does.</summary>
internal static class JournalMutations
{
    private const int KeyBytes = 16;

    /// <summary>Makes a field of one mutation odd, or the whole mutation another one of the batch.</summary>
    public static bool ChangeOne(byte[] batch, SeededRandom random)
    {
        var found = Find(batch);
        if (found.Count == 0)
            return false;
        var one = batch.AsSpan(random.Pick(found));
        if (random.Chance(0.1))
            one[0] = (byte)random.Next(9); // another tag
        else
            OddValues.ChangeAnywhere(one[1..], random);
        return true;
    }

    /// <summary>Puts one more item at the end of a batch; false where it has no room.</summary>
    public static bool AddPut(byte[] batch, ulong high, ulong low, ReadOnlySpan<byte> value)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(batch.AsSpan(JournalBatchHeader.PayloadLengthOffset));
        var end = JournalBatchHeader.Size + length;
        var added = 1 + KeyBytes + 2 + value.Length;
        if (length <= 0 || end + added > batch.Length)
            return false;
        var into = batch.AsSpan(end);
        into[0] = (byte)JournalTag.Put;
        BinaryPrimitives.WriteUInt64LittleEndian(into[1..], high);
        BinaryPrimitives.WriteUInt64LittleEndian(into[9..], low);
        BinaryPrimitives.WriteUInt16LittleEndian(into[17..], (ushort)value.Length);
        value.CopyTo(into[19..]);
        BinaryPrimitives.WriteInt32LittleEndian(batch.AsSpan(JournalBatchHeader.PayloadLengthOffset), length + added);
        var count = batch.AsSpan(JournalBatchHeader.MutationCountOffset);
        BinaryPrimitives.WriteInt32LittleEndian(count, BinaryPrimitives.ReadInt32LittleEndian(count) + 1);
        return true;
    }

    /// <summary>Where the mutations lie, as far as they can be told apart.</summary>
    private static List<Range> Find(byte[] batch)
    {
        var found = new List<Range>();
        var length = BinaryPrimitives.ReadInt32LittleEndian(batch.AsSpan(JournalBatchHeader.PayloadLengthOffset));
        var end = Math.Min(batch.Length, JournalBatchHeader.Size + length);
        for (var at = JournalBatchHeader.Size; at + 1 + KeyBytes + 2 < end;)
        {
            var taken = (JournalTag)batch[at] switch
            {
                JournalTag.Put => 1 + KeyBytes + 2 + BinaryPrimitives.ReadUInt16LittleEndian(batch.AsSpan(at + 1 + KeyBytes)),
                JournalTag.Delete => 1 + KeyBytes,
                JournalTag.DeleteRange => 1 + 2 * KeyBytes,
                JournalTag.Checksums => 1 + 14 + 4 * (int)Math.Min(1 << 20, BinaryPrimitives.ReadUInt32LittleEndian(batch.AsSpan(at + 11))),
                JournalTag.NextZone => 5,
                JournalTag.NextInode => 9,
                _ => end,
            };
            if (at + taken > end)
                break;
            found.Add(at..(at + taken));
            at += taken;
        }
        return found;
    }
}
