namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>What the kernel's caches hold of a file when a measurement starts.</summary>
internal enum CacheState
{
    /// <summary>Nothing.</summary>
    Cold,

    /// <summary>No names and attributes; pages of files stay.</summary>
    ColdNames,

    /// <summary>What an unmeasured run of the same work has left there.</summary>
    Warm,

    /// <summary>Whatever the preparation has left there.</summary>
    AsIs,
}
