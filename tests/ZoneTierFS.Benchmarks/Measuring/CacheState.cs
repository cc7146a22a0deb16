namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>What the page cache holds of a file when a measurement starts.</summary>
internal enum CacheState
{
    /// <summary>Nothing.</summary>
    Cold,

    /// <summary>What an unmeasured run of the same work has left there.</summary>
    Warm,
}
