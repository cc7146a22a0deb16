using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Journal;

/// <summary>What one checkpoint writes: copies of the dirty pages, taken in one critical section.</summary>
internal sealed class CheckpointSnapshot : IDisposable
{
    private AlignedMemory? _images;

    public ulong Sequence { get; init; }
    public ulong NextInode { get; init; }
    public uint TreeRoot { get; init; }
    public long TreeItems { get; init; }
    public uint TreePages { get; init; }
    public List<uint> TreeIds { get; } = [];
    public List<uint> ChecksumIds { get; } = [];
    public int PageCount => TreeIds.Count + ChecksumIds.Count;
    public ReadOnlyMemory<byte> Images => _images is null ? default : _images.Memory;

    public void Allocate()
    {
        if (PageCount > 0) _images = new AlignedMemory(checked(PageCount * PageFormat.Size));
    }

    public Span<byte> Image(int index) => _images!.GetSpan().Slice(index * PageFormat.Size, PageFormat.Size);

    public void Dispose() => (_images as IDisposable)?.Dispose();
}
