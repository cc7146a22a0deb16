using Xunit;
using ZoneTierFS.Engine.Concurrency;

namespace ZoneTierFS.Tests.Concurrency;

/// <summary>Watches the order of locks while a test runs. The watch is the process's, so such tests run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LockWatch : IDisposable, ICollectionFixture<LockWatch>
{
    public const string Name = "Watched locks";

    public LockWatch() => LockOrder.IsWatched = true;

    public void Dispose() => LockOrder.IsWatched = false;
}
