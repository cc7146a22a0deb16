namespace ZoneTierFS.Fuzz.Images;

/// <summary>A zone's blocks. A block is never changed in place, so that copies of a zone share them.</summary>
internal sealed class ImageZone
{
    private ImageZone(byte[]?[] blocks) => Blocks = blocks;

    public ImageZone(int capacityBlocks) : this(new byte[capacityBlocks][])
    {
    }

    /// <summary>What the medium holds, also above the pointer; null for zeros.</summary>
    public byte[]?[] Blocks { get; }

    /// <summary>Blocks below the pointer.</summary>
    public int Written { get; set; }

    /// <summary>Finished before its end.</summary>
    public bool IsFinished { get; set; }

    public bool IsFull => IsFinished || Written == Blocks.Length;

    public ImageZone Copy() => new([.. Blocks]) { Written = Written, IsFinished = IsFinished };
}
