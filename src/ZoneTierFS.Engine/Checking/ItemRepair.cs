namespace ZoneTierFS.Engine.Checking;

/// <summary>A repair that changes items of the tree, in one transaction.</summary>
/// <param name="description">See <see cref="IRepair.Description"/>.</param>
/// <param name="loss">See <see cref="IRepair.Loss"/>.</param>
/// <param name="change">Called under the state lock.</param>
internal sealed class ItemRepair(string description, string? loss, Action<VolumeState> change) : IRepair
{
    public string Description => description;

    public string? Loss => loss;

    public ValueTask DoAsync(VolumeState state)
    {
        lock (state.Gate)
        {
            change(state);
            state.Journal.EndTransaction();
        }
        return ValueTask.CompletedTask;
    }
}
