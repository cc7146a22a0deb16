using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>A structure in an image.</summary>
/// <param name="Number">Of a superblock and a page its generation, of a batch its sequence; otherwise 0.</param>
/// <param name="PageKind">Of a page, otherwise 0.</param>
/// <param name="PageId">Of a page, otherwise 0.</param>
internal sealed record ImagePart(PartKind Kind, BlockPlace At, int Blocks, ulong Number = 0, PageKind PageKind = 0, uint PageId = 0);

/// <summary>What lies in blocks of an image.</summary>
internal enum PartKind
{
    Superblock,
    Page,
    Batch,
    Footer,
    Data,
}
