namespace ZoneTierFS.Cli.Json;

/// <summary>What the daemon takes of its machine.</summary>
/// <param name="GcCollections">Garbage collections since it began, of all generations.</param>
/// <param name="AllocatedBytes">Managed memory allocated since it began; what was collected again counts as well.</param>
/// <param name="ManagedBytes">What the garbage collector holds.</param>
/// <param name="ResidentBytes">Memory of the whole process.</param>
internal sealed record ProcessStatus(long GcCollections, long AllocatedBytes, long ManagedBytes, long ResidentBytes)
{
    /// <summary>Of this process, now. Counted precisely: without that a thread that ends takes what it had not used off the count, which then falls.</summary>
    public static ProcessStatus Now() => new(
        GC.CollectionCount(0), GC.GetTotalAllocatedBytes(precise: true), GC.GetTotalMemory(forceFullCollection: false), Environment.WorkingSet);
}
