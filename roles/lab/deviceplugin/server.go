package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

// server offers one resource to the kubelet.
type server struct {
	api.UnimplementedDevicePluginServer
	inventory inventory
	resource  resource
	socket    string
	grpc      *grpc.Server
	done      chan struct{}
}

func newServer(devices inventory, offered resource) *server {
	file := "simulated-" + strings.NewReplacer("/", "_", ".", "-").Replace(offered.name) + ".sock"
	return &server{inventory: devices, resource: offered, socket: filepath.Join(api.DevicePluginPath, file)}
}

func (s *server) start() error {
	if err := os.Remove(s.socket); err != nil && !os.IsNotExist(err) {
		return err
	}
	listener, err := net.Listen("unix", s.socket)
	if err != nil {
		return err
	}
	s.grpc, s.done = grpc.NewServer(), make(chan struct{})
	api.RegisterDevicePluginServer(s.grpc, s)
	go func() {
		if err := s.grpc.Serve(listener); err != nil {
			log.Printf("%s: serve: %v", s.resource.name, err)
		}
	}()
	return s.register()
}

func (s *server) register() error {
	connection, err := grpc.NewClient("unix://"+api.KubeletSocket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err = api.NewRegistrationClient(connection).Register(ctx, &api.RegisterRequest{
		Version: api.Version, Endpoint: filepath.Base(s.socket), ResourceName: s.resource.name,
	})
	if err != nil {
		return fmt.Errorf("register %s: %w", s.resource.name, err)
	}
	log.Printf("%s: registered %d", s.resource.name, len(s.resource.units))
	return nil
}

func (s *server) stop() {
	if s.grpc != nil {
		close(s.done)
		s.grpc.Stop()
	}
}

func (s *server) GetDevicePluginOptions(context.Context, *api.Empty) (*api.DevicePluginOptions, error) {
	return &api.DevicePluginOptions{}, nil
}

// ListAndWatch sends the list at once and whenever a device's health changes.
func (s *server) ListAndWatch(_ *api.Empty, stream api.DevicePlugin_ListAndWatchServer) error {
	last := ""
	for {
		list := s.list()
		if now := fmt.Sprint(list); now != last {
			if err := stream.Send(&api.ListAndWatchResponse{Devices: list}); err != nil {
				return err
			}
			last = now
		}
		select {
		case <-s.done:
			return nil
		case <-stream.Context().Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

func (s *server) list() []*api.Device {
	list := make([]*api.Device, 0, len(s.resource.units))
	for _, one := range s.resource.units {
		list = append(list, &api.Device{
			ID: one.id, Health: s.inventory.health(one.number),
			Topology: &api.TopologyInfo{Nodes: []*api.NUMANode{{ID: 0}}},
		})
	}
	return list
}

func (s *server) Allocate(_ context.Context, request *api.AllocateRequest) (*api.AllocateResponse, error) {
	answer := &api.AllocateResponse{}
	for _, container := range request.ContainerRequests {
		allocated, err := s.resource.allocate(container.DevicesIds)
		if err != nil {
			return nil, err
		}
		log.Printf("%s: allocated %v", s.resource.name, container.DevicesIds)
		answer.ContainerResponses = append(answer.ContainerResponses, allocated)
	}
	return answer, nil
}

// A kubelet that is told of a plugin while it learns that the one before has ended can take the one for the other, and
// then never notices the end of the new one (1.36, devicemanager/plugin/v1beta1, runClient): its devices stay for good.
const pauseBetween = 2 * time.Second

// serve offers the resources until the context ends or again() says that the configuration is another.
// A kubelet that restarts empties the directory and makes a new socket: everything is registered anew then.
func serve(ctx context.Context, devices inventory, resources []resource, again <-chan os.Signal) error {
	for {
		kubelet := inode(api.KubeletSocket)
		servers := make([]*server, 0, len(resources))
		var failed error
		for _, offered := range resources {
			one := newServer(devices, offered)
			servers = append(servers, one)
			if failed = one.start(); failed != nil {
				log.Print(failed)
				break
			}
		}
		over, err := watch(ctx, kubelet, servers, failed == nil, again)
		for _, one := range servers {
			one.stop()
		}
		select {
		case <-ctx.Done():
		case <-time.After(pauseBetween):
		}
		if over {
			return err
		}
	}
}

func watch(ctx context.Context, kubelet uint64, servers []*server, good bool, again <-chan os.Signal) (bool, error) {
	for {
		select {
		case <-ctx.Done():
			return true, ctx.Err()
		case <-again:
			return true, nil
		case <-time.After(time.Second):
		}
		if !good || inode(api.KubeletSocket) != kubelet {
			return false, nil
		}
		for _, one := range servers {
			if inode(one.socket) == 0 {
				return false, nil
			}
		}
	}
}

func inode(path string) uint64 {
	var found syscall.Stat_t
	if syscall.Stat(path, &found) != nil {
		return 0
	}
	return found.Ino
}
