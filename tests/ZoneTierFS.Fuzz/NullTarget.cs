namespace ZoneTierFS.Fuzz;

/// <summary>A filesystem that says yes to everything: what is tried is the decoder, at full speed.</summary>
internal sealed class NullTarget() : FuzzTarget(new NullFileSystem())
{
    public override bool KeepsBytes => false;

    public override Task FinishAsync() => Task.CompletedTask;
}
