namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>The filesystem in memory, mounted: it shows the FUSE layer alone.</summary>
public sealed class MemoryMount : MountFixture
{
    private readonly TestProcess _server;

    public MemoryMount()
    {
        _server = TestProcess.StartSelf("serve", Root);
        _server.WaitForLine(Program.Ready);
    }

    protected override void StopServer() => _server.Dispose();
}
