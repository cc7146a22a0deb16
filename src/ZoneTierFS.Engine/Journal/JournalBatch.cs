using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>Mutations that become durable together, with the header that they get on media.</summary>
internal sealed class JournalBatch(ulong sequence)
{
    public ulong Sequence { get; private set; } = sequence;

    public JournalWriter Mutations { get; } = new();

    public bool IsEmpty => Mutations.Length == 0;

    /// <summary>Bytes on media: header, mutations, and zeros up to a whole block.</summary>
    public int Length => Padded(Mutations.Length);

    public void Restart(ulong sequence)
    {
        Sequence = sequence;
        Mutations.Clear();
    }

    /// <summary>The batch as it goes to media; the caller disposes it.</summary>
    public AlignedMemory Seal(ulong epoch, Guid uuid)
    {
        var memory = new AlignedMemory(Length);
        var bytes = memory.GetSpan();
        bytes.Clear();
        Mutations.Written.CopyTo(bytes[JournalBatchHeader.Size..]);
        var header = new JournalBatchHeader
        {
            Sequence = Sequence, Epoch = epoch, PayloadLength = (uint)Mutations.Length, MutationCount = (uint)Mutations.Count,
        };
        header.Seal(bytes, uuid);
        return memory;
    }

    /// <summary>A batch that only says where the journal goes on. It has the sequence of the batch that follows.</summary>
    public static AlignedMemory Link(int zone, ulong sequence, ulong epoch, Guid uuid)
    {
        var link = new JournalBatch(sequence);
        link.Mutations.NextZone((uint)zone);
        return link.Seal(epoch, uuid);
    }

    private static int Padded(int mutations) =>
        (JournalBatchHeader.Size + mutations + DeviceZones.BlockSize - 1) / DeviceZones.BlockSize * DeviceZones.BlockSize;
}
