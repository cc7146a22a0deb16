using ZoneTierFS.Engine.Format;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>A batch as it was read from the medium, with its header.</summary>
internal sealed record ReadBatch(AlignedMemory Bytes, JournalBatchHeader Header) : IDisposable
{
    public ulong Sequence => Header.Sequence;

    public bool SharedFlush => (Header.Flags & JournalBatchHeader.SharedFlush) != 0;

    public JournalReader Read() => new(Bytes.GetSpan(), Header);

    public void Dispose() => ((IDisposable)Bytes).Dispose();
}
