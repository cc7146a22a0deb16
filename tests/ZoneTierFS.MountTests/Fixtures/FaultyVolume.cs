using Xunit;

namespace ZoneTierFS.MountTests.Fixtures;

/// <summary>A mounted volume whose devices fail when they are told to: <see cref="FaultyVolumeServer"/> serves it in another process.</summary>
public sealed class FaultyVolume : MountFixture
{
    private const string Ok = "Ok";

    private readonly TestProcess _server;

    /// <param name="zones">Of 1 MiB, on each of its two devices.</param>
    public FaultyVolume(int zones)
    {
        _server = TestProcess.StartSelf("serve-faulty", Root, zones.ToString(provider: null));
        _server.WaitForLine(Program.Ready);
    }

    /// <summary>Nothing new can be stored: zones that are not in use yet report ENOSPC.</summary>
    public void FailData() => Tell("fail data");

    /// <summary>Every append fails with EIO, as on a device that died: the volume ends up failed.</summary>
    public void FailAppends() => Tell("fail appends");

    /// <summary>Every flush fails with EIO: the volume ends up failed.</summary>
    public void FailFlushes() => Tell("fail flushes");

    public void FailReads() => Tell("fail reads");

    public void Mend() => Tell("mend");

    /// <summary>Stores what waits, as the background would do some day.</summary>
    /// <returns>The name of the error.</returns>
    public string Sync() => _server.Ask("sync");

    public void AwaitFailure() => Tell("await failure");

    protected override void StopServer() => _server.Dispose();

    private void Tell(string line) => Assert.Equal(Ok, _server.Ask(line));
}
