namespace ZoneTierFS.Simulation;

/// <summary>The code under test broke a rule of the simulated world: the seed has failed, and the message says how.</summary>
public sealed class SimulationException : Exception
{
    public SimulationException(string message) : base(message)
    {
    }

    public SimulationException(string message, Exception cause) : base(message, cause)
    {
    }
}
