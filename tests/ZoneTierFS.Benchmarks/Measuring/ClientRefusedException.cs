namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>A client could not do its work. The message is what it said.</summary>
internal sealed class ClientRefusedException(string what, string complaint) : IOException($"{what}: {complaint}")
{
    /// <summary>What the client said.</summary>
    public string Complaint { get; } = complaint;
}
