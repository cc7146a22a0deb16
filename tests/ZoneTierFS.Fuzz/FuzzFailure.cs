namespace ZoneTierFS.Fuzz;

/// <summary>A request, or the volume after all of them, did what must not happen.</summary>
internal sealed class FuzzFailure : Exception
{
    public FuzzFailure(string message) : base(message)
    {
    }

    public FuzzFailure(string message, Exception cause) : base(message, cause)
    {
    }
}
