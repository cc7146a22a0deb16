using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Journal;

/// <summary>Mutations that become durable together, and the number of their batch.</summary>
internal sealed class JournalBatch(ulong sequence) : IDisposable
{
    public ulong Sequence { get; private set; } = sequence;

    public JournalWriter Mutations { get; } = new();

    public bool IsEmpty => Mutations.MutationCount == 0;

    /// <summary>Bytes on media: header, mutations, and zeros up to a whole block.</summary>
    public int Length => (JournalBatchHeader.Size + Mutations.PayloadLength + DeviceZones.BlockSize - 1) / DeviceZones.BlockSize * DeviceZones.BlockSize;

    public void Restart(ulong sequence)
    {
        Sequence = sequence;
        Mutations.Clear();
    }

    public void Dispose() => Mutations.Dispose();
}
