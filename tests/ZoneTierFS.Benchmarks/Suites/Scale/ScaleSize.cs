namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>How large the volumes are.</summary>
internal enum ScaleSize
{
    /// <summary>A hundredth or so: seconds instead of minutes.</summary>
    Small,

    /// <summary>A million files, ten million extents: what the targets speak of.</summary>
    Full,
}
