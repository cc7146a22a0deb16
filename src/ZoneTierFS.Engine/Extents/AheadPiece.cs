namespace ZoneTierFS.Engine.Extents;

/// <summary>Memory for one piece that is read ahead, and what is in it. All of it under the gate of <see cref="ReadAhead"/>, but for the bytes.</summary>
internal sealed class AheadPiece
{
    /// <summary>Its bytes; there once anything was read ahead.</summary>
    public Memory<byte> Memory { get; set; }

    public AheadState State { get; set; }

    /// <summary>Who it is read for.</summary>
    public ReadStream? Stream { get; set; }

    public Location At { get; set; }
    public uint Count { get; set; }

    /// <summary>Its zone was reset, or its reader did not wait: what is being read is of no use any more.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>Readers that copy from it right now.</summary>
    public int Users { get; set; }

    /// <summary>Grows with every use: the least is the oldest.</summary>
    public long Stamp { get; set; }

    public bool Holds(Location at) => At.Device == at.Device && At.Zone == at.Zone && at.Block >= At.Block && at.Block - At.Block < Count;
}
