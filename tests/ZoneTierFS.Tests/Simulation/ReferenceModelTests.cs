using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;
using ZoneTierFS.Simulation;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Tests.Simulation;

public class ReferenceModelTests
{
    private readonly ReferenceModel _model = new();

    [Fact]
    public void AnyPrefixOfTheOperationsMaySurvive()
    {
        ClientModel client = AddClient();
        Create(client, "a");
        Create(client, "b");
        Assert.Null(_model.JudgeAndAdopt([Tree("a")]));
        Assert.Equal(["a"], client.Current.Root.Entries.Keys);
    }

    [Fact]
    public void ALaterOperationMustNotSurviveWithoutAnEarlierOne()
    {
        ClientModel client = AddClient();
        Create(client, "a");
        Create(client, "b");
        Assert.Contains("no prefix", _model.JudgeAndAdopt([Tree("b")]), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatWasSyncedMustSurvive()
    {
        ClientModel client = AddClient();
        Create(client, "a");
        _model.RaiseFloor(_model.TakeSyncPoint());
        Create(client, "b");
        Assert.NotNull(_model.JudgeAndAdopt([Tree()]));
        Assert.Null(_model.JudgeAndAdopt([Tree("a")]));
    }

    [Fact]
    public void AFileThatWasRemovedAndSyncedStaysAway()
    {
        ClientModel client = AddClient();
        int id = Create(client, "a");
        Do(client, new RemoveName(client.Current.Root.Id, "a", id));
        Assert.Null(_model.JudgeAndAdopt([Tree("a")]));
        Do(client, new RemoveName(client.Current.Root.Id, "a", id));
        _model.RaiseFloor(_model.TakeSyncPoint());
        Assert.NotNull(_model.JudgeAndAdopt([Tree("a")]));
    }

    [Fact]
    public void AnUnansweredOperationMayHaveHappened()
    {
        ClientModel client = AddClient();
        client.Begin(New(client, "a"));
        Assert.Null(_model.JudgeAndAdopt([Tree("a")]));
        Assert.Equal(["a"], client.Current.Root.Entries.Keys);
    }

    [Fact]
    public void ARenameShowsOneOfTheNamesNeverBothOrNone()
    {
        ClientModel client = AddClient();
        int id = Create(client, "a");
        _model.RaiseFloor(_model.TakeSyncPoint());
        int root = client.Current.Root.Id;
        Do(client, new Rename(root, "a", root, "b", RenameFlags.None, id, -1, -1));
        Assert.NotNull(_model.JudgeAndAdopt([Tree()]));
        Assert.NotNull(_model.JudgeAndAdopt([Tree("a", "b")]));
        Assert.Null(_model.JudgeAndAdopt([Tree("b")]));
    }

    [Fact]
    public void AFileThatReplacedAnotherBringsItsDataWithIt()
    {
        ClientModel client = AddClient();
        int old = Create(client, "a");
        client.Inodes[old] = 76;
        _model.RaiseFloor(_model.TakeSyncPoint());
        int id = Create(client, "new");
        FileHistory data = client.Files[id];
        data.Complete(data.Write(0, [1, 2, 3]));
        int root = client.Current.Root.Id;
        Do(client, new Rename(root, "new", root, "a", RenameFlags.None, id, old, data.Completed));
        Assert.Contains("size 0", _model.JudgeAndAdopt([Directory(("a", File(77)))]), StringComparison.Ordinal);
        Assert.Null(_model.JudgeAndAdopt([Directory(("a", File(76)))]));
    }

    [Fact]
    public void OneJournalOrdersAllClients()
    {
        ClientModel first = AddClient();
        ClientModel second = AddClient();
        Create(first, "a");
        Create(second, "b");
        Assert.Contains("out of order", _model.JudgeAndAdopt([Tree(), Tree("b")]), StringComparison.Ordinal);
        Assert.Null(_model.JudgeAndAdopt([Tree("a"), Tree()]));
    }

    [Fact]
    public void AttributesSurviveWithTheirOperation()
    {
        ClientModel client = AddClient();
        int id = Create(client, "a");
        _model.RaiseFloor(_model.TakeSyncPoint());
        Do(client, new ChangeXattr(id, "user.a", [1]));
        _model.RaiseFloor(_model.TakeSyncPoint());
        Assert.Contains("attributes", _model.JudgeAndAdopt([Tree("a")]), StringComparison.Ordinal);
    }

    private ClientModel AddClient()
    {
        var root = new ModelNode(_model.NextNode(), NodeKind.Directory) { Permissions = 0x1ED };
        var client = new ClientModel(_model, $"c{_model.Clients.Count}", 1000, root);
        _model.Clients.Add(client);
        return client;
    }

    private CreateNode New(ClientModel client, string name)
    {
        var node = new ModelNode(_model.NextNode(), NodeKind.Regular) { Permissions = 0x1B6 };
        client.Files.Add(node.Id, new FileHistory());
        return new CreateNode(client.Current.Root.Id, name, node);
    }

    private int Create(ClientModel client, string name)
    {
        CreateNode create = New(client, name);
        Do(client, create);
        return create.Node.Id;
    }

    private static void Do(ClientModel client, NamespaceOperation operation)
    {
        client.Begin(operation);
        client.Complete(operation);
    }

    private static SurvivingNode Tree(params string[] names) => Directory([.. names.Select(name => (name, File(2000 + (ulong)name[0])))]);

    private static SurvivingNode Directory(params (string Name, SurvivingNode Node)[] entries)
    {
        var directory = new SurvivingNode { Status = new FileStatus { Inode = 1000, Mode = FileMode.S_IFDIR | 0x1ED, LinkCount = 2 } };
        foreach ((string name, SurvivingNode node) in entries)
        {
            directory.Entries.Add(name, node);
        }

        return directory;
    }

    private static SurvivingNode File(ulong inode) => new()
    {
        Status = new FileStatus { Inode = inode, Mode = FileMode.S_IFREG | 0x1B6, LinkCount = 1 },
        Data = new SurvivingFile(0, []),
    };
}
