using System.Reflection;
using System.Reflection.Emit;
using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Tests.Simulation;

/// <summary>Whatever the volume offers, the simulated programs use: an operation that nobody calls is one that no crash was ever tried in.</summary>
public class EveryOperationTests
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Fact]
    public void EveryPublicOperationOfAVolumeIsCalledByTheSimulation()
    {
        HashSet<string> called = [.. new[] { typeof(Client), typeof(VolumeReader), typeof(Life), typeof(SpaceInWords) }.SelectMany(FindCalls)];
        MethodInfo[] offered = typeof(Volume).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly);
        Assert.Empty(offered.Select(method => method.Name).Except(called));
    }

    [Fact]
    public void EveryActionIsChosenBySomeSeed()
    {
        var chosen = new HashSet<ClientAction>();
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var plan = new SimulationPlan(seed, new SimulationOptions());
            var random = new SeededRandom(seed);
            for (int i = 0; i < 500; i++)
            {
                chosen.Add(plan.PickAction(random));
            }
        }

        Assert.All(Enum.GetValues<ClientAction>().Where(action => action != ClientAction.Count), action => Assert.Contains(action, chosen));
    }

    /// <summary>Names of the volume's methods that the code of a type calls, its lambdas and asynchronous parts included.</summary>
    private static IEnumerable<string> FindCalls(Type type)
        => type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)).SelectMany(FindCalls)
            .Concat(type.GetNestedTypes(All).SelectMany(FindCalls));

    private static IEnumerable<string> FindCalls(MethodBase caller)
    {
        byte[] code = caller.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (int i = 0; i + 5 <= code.Length; i++)
        {
            // Every place that could be a call is tried as one: an operand that looks like it names no method of the volume.
            if ((code[i] == OpCodes.Call.Value || code[i] == OpCodes.Callvirt.Value) && Resolve(caller, BitConverter.ToInt32(code, i + 1)) is MethodBase callee
                && callee.DeclaringType == typeof(Volume))
            {
                yield return callee.Name;
            }
        }
    }

    private static MethodBase? Resolve(MethodBase caller, int token)
    {
        const int MethodDefinition = 0x06, MemberReference = 0x0A;
        if (token >> 24 is not (MethodDefinition or MemberReference))
        {
            return null;
        }

        try
        {
            return caller.Module.ResolveMethod(token, caller.DeclaringType!.GetGenericArguments(), null);
        }
        catch (Exception failure) when (failure is ArgumentException or MissingMethodException)
        {
            return null;
        }
    }
}
