namespace ZoneTierFS.Engine.Placement;

/// <summary>What a flash page costs in time, microseconds. Only the ratios matter to the policy, so channels and planes are left out.</summary>
internal readonly record struct TierTiming(double ReadMicroseconds, double ProgramMicroseconds)
{
    /// <summary>Bytes of a flash page, the unit of both times.</summary>
    public const int PageBytes = 16 << 10;

    /// <summary>Three bits a cell: one program of 937.5 µs fills three pages.</summary>
    public static TierTiming Tlc { get; } = new(40, 937.5 / 3);

    /// <summary>Four bits a cell: one program of 6098 µs fills four pages.</summary>
    public static TierTiming Qlc { get; } = new(85, 6098.0 / 4);
}
